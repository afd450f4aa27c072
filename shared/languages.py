"""The language codes Connect knows: a fixed list, so no package is loaded at a cold start.

Two letters: ISO 639-1. Three letters: the languages without a two-letter code that the Unicode CLDR
lists as spoken in some territory. Scripts and regions are left out: `zh`, not
`zh_Hant`. Lower case only, so one language is one text.
"""

from __future__ import annotations

_TWO_LETTERS = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia
id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo
lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl
ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""

_THREE_LETTERS = """
abr ace ach ada ady aeb agq aln alt amo ann aoz apc apd arn aro arq ars ary arz asa ast atj awa
bal ban bap bar bas bax bbc bbj bci bej bem bew bez bfd bfq bft bfy bgc bgn bgx bhb bhi bho bik
bin bjj bjn bjt bkm bku bla blo blt bmq bpy bqi bqv bra brh brx bsc bss bto btv bua buc bug bum
bvb byn byv bze cad cch ccp ccr ceb cgg chk chm cho chp chr cic cja cjm ckb clc cop cps crg crh
crk crl crs csb csw dak dar dav dcc den dgr dje dnj doi dsb dtm dtp dty dua dyo dyu ebu ecy efi
egl esu ewo ext fan fbl ffm fia fil fit fon frc frp frr frs fud fuq fur fuv fvr gaa gag gan gay
gbm gbz gcr gez gil gjk gju glk gmy gon gor gos grc grt gsw gub guc gur guz gvr gwi hak haw haz
hif hil hnd hne hnj hnn hno hoc hoj hsb hsn hur iba ibb ife ilo inh izh jam jbo jgo jmc jml jut
kaa kab kac kaj kam kao kaw kbd kcg kck kde kdt kea ken kfo kfr kfy kge kgp kha khb khn khq kht
khw kiu kjg kkj kln kmb knf knn koi kok kos kpe kqn krc kri krj krl kru ksb ksf ksh kum kvr kvx
kwk kxm kxp kxv lad lag lah laj lbe lbw lcp leb len lep lez lif lij lil lis ljp lki lkt lld lmn
lmo lol loz lrc ltg lua lue lun luo luy luz lwl lzh lzz mad maf mag mai mak man mas maz mdf mdh
mdr men mer mey mfa mfe mfv mgh mgo mgp mgy mhn mic min mls mni mnw moe moh mos mrd mrj mro mtr
mua mus mvy mwk mwr mwv mxc myv myx mzn nan nap naq nch ndc nds new ngl nhe nhw nij niu njo nmg
nnh nod noe nqo nse nsk nso nus nxq nym nyn nzi ojs ojw oka osa pag pam pap pau pcd pcm pdc pdt
pfl pis pko pms pnt pon ppl pqm prd prg puu quc qug raj rcf rej rgn rhg ria rif rjs rkt rmf rmo
rmt rmu rng rob rof rtm rue rug rwk ryu saf sah saq sas sat sav saz sbp sck scn sco sdc sdh sef
seh sei ses sgs shi shn sid skr sli sly sma smj smn sms snf snk sou srn srr srx ssy stq suk sus
swb swg swv sxn syl syr szl taj tbw tcy tdd tdg tdh tem teo tet thl thq thr tig tiv tkl tkr tkt
tly tmh tnr tog toi tpi tru trv trw tsd tsg tsj ttj tts ttt tum tvl twq tyv tzm udm uli umb unr
unx vai vec vep vic vls vmf vmw vot vro vun wae wal war wbp wbq wbr wls wni wtm wuu xav xmf xnr
xog xsr yao yap yav ybb yrl yua yue zag zdj zea zgh zmi zza
"""

LANGUAGES = frozenset((_TWO_LETTERS + _THREE_LETTERS).split())
