-- Codes of languages, from shared/language_codes.json: made by scripts/names, not to be edited.
-- CLDR as in Babel 2.18.0, sign languages of ISO 639-3.

create or replace function private.language_of(tag text) returns text
language sql immutable parallel safe set search_path = '' as $$
    -- In zh-yue the second part is the language, in pt-BR the first.
    select coalesce(c.codes ->> part, part)
    from (select '{
"aa": null, "aar": "aa", "ab": null, "abk": "ab", "abr": null, "ace": null, "ach": null, "ada": null, "adp": "dz",
"ads": null, "ady": null, "ae": null, "aeb": null, "aed": null, "aen": null, "af": null, "afg": null, "afh": null,
"afr": "af", "agq": null, "ain": null, "ajp": "apc", "ajs": null, "ajt": "aeb", "aju": "jrb", "ak": null,
"aka": "ak", "akk": null, "akz": null, "alb": "sq", "ale": null, "aln": null, "als": "sq", "alt": null, "am": null,
"amh": "am", "amo": null, "an": null, "ang": null, "ann": null, "anp": null, "aoz": null, "apc": null, "apd": null,
"ar": null, "ara": "ar", "arb": "ar", "arc": null, "arg": "an", "arm": "hy", "arn": null, "aro": null, "arp": null,
"arq": null, "ars": null, "arw": null, "ary": null, "arz": null, "as": null, "asa": null, "ase": null, "asm": "as",
"asp": null, "asq": null, "ast": null, "asw": null, "atj": null, "av": null, "ava": "av", "ave": "ae", "avk": null,
"awa": null, "ay": null, "aym": "ay", "ayr": "ay", "az": null, "aze": "az", "azj": "az", "ba": null, "bak": "ba",
"bal": null, "bam": "bm", "ban": null, "bap": null, "baq": "eu", "bar": null, "bas": null, "bax": null, "bbc": null,
"bbj": null, "bcc": "bal", "bci": null, "bcl": "bik", "be": null, "bej": null, "bel": "be", "bem": null, "ben": "bn",
"bew": null, "bez": null, "bfd": null, "bfi": null, "bfk": null, "bfq": null, "bft": null, "bfy": null, "bg": null,
"bgc": null, "bgn": null, "bgx": null, "bh": "bho", "bhb": null, "bhi": null, "bhk": "fbl", "bho": null, "bi": null,
"bih": "bho", "bik": null, "bin": null, "bis": "bi", "bjj": null, "bjn": null, "bjt": null, "bkm": null, "bku": null,
"bla": null, "blg": "iba", "blo": null, "blt": null, "bm": null, "bmq": null, "bn": null, "bo": null, "bod": "bo",
"bog": null, "bos": "bs", "bpy": null, "bqi": null, "bqn": null, "bqv": null, "bqy": null, "br": null, "bra": null,
"bre": "br", "brh": null, "brx": null, "bs": null, "bsc": null, "bss": null, "bto": null, "btv": null, "bua": null,
"buc": null, "bug": null, "bul": "bg", "bum": null, "bur": "my", "bvb": null, "bvl": null, "bxk": "luy",
"bxr": "bua", "byn": null, "byv": null, "bze": null, "bzs": null, "ca": null, "cad": null, "car": null, "cat": "ca",
"cay": null, "cch": null, "ccp": null, "ccr": null, "cds": null, "ce": null, "ceb": null, "ces": "cs", "cgg": null,
"ch": null, "cha": "ch", "chb": null, "che": "ce", "chg": null, "chi": "zh", "chk": null, "chm": null, "chn": null,
"cho": null, "chp": null, "chr": null, "chu": "cu", "chv": "cv", "chy": null, "cic": null, "cja": null, "cjm": null,
"ckb": null, "clc": null, "cld": "syr", "cls": "sa", "cmn": "zh", "cnr": "sr", "co": null, "cop": null, "cor": "kw",
"cos": "co", "cps": null, "cr": null, "cre": "cr", "crg": null, "crh": null, "crj": null, "crk": null, "crl": null,
"crm": null, "crr": null, "crs": null, "cs": null, "csb": null, "csc": null, "csd": null, "cse": null, "csf": null,
"csg": null, "csl": null, "csn": null, "csq": null, "csr": null, "csw": null, "csx": null, "cu": null, "cv": null,
"cwd": "cr", "cy": null, "cym": "cy", "cze": "cs", "da": null, "daf": "dnj", "dak": null, "dan": "da", "dar": null,
"dav": null, "dcc": null, "de": null, "del": null, "den": null, "deu": "de", "dgo": "doi", "dgr": null, "dhd": "mwr",
"dik": "din", "din": null, "diq": "zza", "div": "dv", "dje": null, "dnj": null, "doi": null, "doq": null,
"drh": "mn", "drw": "fa", "dsb": null, "dse": null, "dsl": null, "dsz": null, "dtm": null, "dtp": null, "dty": null,
"dua": null, "dum": null, "dut": "nl", "dv": null, "dyl": null, "dyo": null, "dyu": null, "dz": null, "dzg": null,
"dzo": "dz", "ebu": null, "ecs": null, "ecy": null, "ee": null, "efi": null, "egl": null, "egy": null, "ehs": null,
"eka": null, "ekk": "et", "el": null, "ell": "el", "elx": null, "emk": "man", "en": null, "eng": "en", "enm": null,
"eo": null, "epo": "eo", "es": null, "esk": "ik", "esl": null, "esn": null, "eso": null, "est": "et", "esu": null,
"et": null, "eth": null, "eu": null, "eus": "eu", "ewe": "ee", "ewo": null, "ext": null, "fa": null, "fan": null,
"fao": "fo", "fas": "fa", "fat": "ak", "fbl": null, "fcs": null, "ff": null, "ffm": null, "fi": null, "fia": null,
"fij": "fj", "fil": null, "fin": "fi", "fit": null, "fj": null, "fo": null, "fon": null, "fr": null, "fra": "fr",
"frc": null, "fre": "fr", "frm": null, "fro": null, "frp": null, "frr": null, "frs": null, "fry": "fy", "fse": null,
"fsl": null, "fss": null, "fuc": "ff", "fud": null, "ful": "ff", "fuq": null, "fur": null, "fuv": null, "fvr": null,
"fy": null, "ga": null, "gaa": null, "gag": null, "gan": null, "gay": null, "gaz": "om", "gba": null, "gbm": null,
"gbo": "grb", "gbz": null, "gcr": null, "gd": null, "gds": null, "geo": "ka", "ger": "de", "gez": null, "ggn": "gvr",
"gil": null, "gjk": null, "gju": null, "gl": null, "gla": "gd", "gle": "ga", "glg": "gl", "glk": null, "glv": "gv",
"gmh": null, "gmy": null, "gn": null, "gno": "gon", "goh": null, "gom": "kok", "gon": null, "gor": null, "gos": null,
"got": null, "grb": null, "grc": null, "gre": "el", "grn": "gn", "grt": null, "gse": null, "gsg": null, "gsm": null,
"gss": null, "gsw": null, "gu": null, "gub": null, "guc": null, "gug": "gn", "guj": "gu", "gur": null, "gus": null,
"guz": null, "gv": null, "gvr": null, "gwi": null, "gya": "gba", "ha": null, "hab": null, "haf": null, "hai": null,
"hak": null, "hat": "ht", "hau": "ha", "haw": null, "hax": null, "haz": null, "hbs": "sr", "hdn": "hai", "hds": null,
"he": null, "hea": "hmn", "heb": "he", "her": "hz", "hi": null, "hif": null, "hil": null, "him": "srx", "hin": "hi",
"hit": null, "hks": null, "hmn": null, "hmo": "ho", "hnd": null, "hne": null, "hnj": null, "hnn": null, "hno": null,
"ho": null, "hoc": null, "hoj": null, "hos": null, "hps": null, "hr": null, "hrv": "hr", "hsb": null, "hsh": null,
"hsl": null, "hsn": null, "ht": null, "hu": null, "hun": "hu", "hup": null, "hur": null, "hy": null, "hye": "hy",
"hz": null, "ia": null, "iba": null, "ibb": null, "ibo": "ig", "ice": "is", "icl": null, "id": null, "ido": "io",
"ie": null, "ife": null, "ig": null, "ii": null, "iii": "ii", "ik": null, "ike": "iu", "iks": null, "ikt": null,
"iku": "iu", "ile": "ie", "ilo": null, "in": "id", "ina": "ia", "ind": "id", "inh": null, "inl": null, "ins": null,
"io": null, "ipk": "ik", "is": null, "ise": null, "isg": null, "isl": "is", "isr": null, "it": null, "ita": "it",
"iu": null, "iw": "he", "izh": null, "ja": null, "jam": null, "jav": "jv", "jbo": null, "jcs": null, "jgo": null,
"jhs": null, "ji": "yi", "jks": null, "jls": null, "jmc": null, "jml": null, "jos": null, "jpn": "ja", "jpr": null,
"jrb": null, "jsl": null, "jus": null, "jut": null, "jv": null, "jw": "jv", "ka": null, "kaa": null, "kab": null,
"kac": null, "kaj": null, "kal": "kl", "kam": null, "kan": "kn", "kao": null, "kas": "ks", "kat": "ka", "kau": "kr",
"kaw": null, "kaz": "kk", "kbd": null, "kbl": null, "kcg": null, "kck": null, "kde": null, "kdt": null, "kea": null,
"ken": null, "kfo": null, "kfr": null, "kfy": null, "kg": null, "kge": null, "kgi": null, "kgp": null, "kha": null,
"khb": null, "khk": "mn", "khm": "km", "khn": null, "kho": null, "khq": null, "kht": null, "khw": null, "ki": null,
"kik": "ki", "kin": "rw", "kir": "ky", "kiu": null, "kj": null, "kjg": null, "kk": null, "kkj": null, "kl": null,
"kln": null, "km": null, "kmb": null, "kmr": "ku", "kn": null, "knc": "kr", "knf": null, "kng": "kg", "knn": null,
"ko": null, "koi": null, "kok": null, "kom": "kv", "kon": "kg", "kor": "ko", "kos": null, "kpe": null, "kpv": "kv",
"kqn": null, "kr": null, "krc": null, "kri": null, "krj": null, "krl": null, "kru": null, "ks": null, "ksb": null,
"ksf": null, "ksh": null, "ktr": "dtp", "ku": null, "kua": "kj", "kum": null, "kur": "ku", "kut": null, "kv": null,
"kvk": null, "kvr": null, "kvx": null, "kw": null, "kwk": null, "kxl": "kru", "kxm": null, "kxp": null, "kxv": null,
"ky": null, "kzj": "dtp", "kzt": "dtp", "la": null, "lad": null, "lag": null, "lah": null, "laj": null, "lam": null,
"lao": "lo", "lat": "la", "lav": "lv", "lb": null, "lbe": null, "lbs": null, "lbw": null, "lcp": null, "leb": null,
"len": null, "lep": null, "lez": null, "lfn": null, "lg": null, "lgs": null, "li": null, "lif": null, "lij": null,
"lil": null, "lim": "li", "lin": "ln", "lis": null, "lit": "lt", "liv": null, "ljp": null, "lki": null, "lkt": null,
"lld": null, "lls": null, "lmn": null, "lmo": null, "ln": null, "lo": null, "lol": null, "lou": null, "loz": null,
"lrc": null, "lsb": null, "lsc": null, "lsl": null, "lsm": null, "lsn": null, "lso": null, "lsp": null, "lst": null,
"lsv": null, "lsw": null, "lsy": null, "lt": null, "ltg": null, "ltz": "lb", "lu": null, "lua": null, "lub": "lu",
"lue": null, "lug": "lg", "lui": null, "lun": null, "luo": null, "lus": null, "luy": null, "luz": null, "lv": null,
"lvs": "lv", "lwl": null, "lws": null, "lzh": null, "lzz": null, "mac": "mk", "mad": null, "maf": null, "mag": null,
"mah": "mh", "mai": null, "mak": null, "mal": "ml", "man": null, "mao": "mi", "mar": "mr", "mas": null, "may": "ms",
"maz": null, "mde": null, "mdf": null, "mdh": null, "mdl": null, "mdr": null, "men": null, "mer": null, "mey": null,
"mfa": null, "mfe": null, "mfs": null, "mfv": null, "mg": null, "mga": null, "mgh": null, "mgo": null, "mgp": null,
"mgy": null, "mh": null, "mhn": null, "mhr": "chm", "mi": null, "mic": null, "min": null, "mk": null, "mkd": "mk",
"ml": null, "mlg": "mg", "mls": null, "mlt": "mt", "mn": null, "mnc": null, "mni": null, "mnk": "man", "mnw": null,
"mo": "ro", "moe": null, "moh": null, "mol": "ro", "mon": "mn", "mos": null, "mr": null, "mrd": null, "mri": "mi",
"mrj": null, "mro": null, "ms": null, "msa": "ms", "msd": null, "msr": null, "mt": null, "mtr": null, "mua": null,
"mup": "raj", "mus": null, "mvy": null, "mwk": null, "mwl": null, "mwr": null, "mwv": null, "mxc": null, "my": null,
"mya": "my", "mye": null, "myv": null, "myx": null, "mzc": null, "mzg": null, "mzn": null, "mzy": null, "na": null,
"nan": null, "nap": null, "naq": null, "nau": "na", "nav": "nv", "nb": "no", "nbl": "nr", "nbs": null, "nch": null,
"ncs": null, "nd": null, "ndc": null, "nde": "nd", "ndo": "ng", "nds": null, "ne": null, "nep": "ne", "new": null,
"ng": null, "ngl": null, "nhe": null, "nhw": null, "nia": null, "nij": null, "niu": null, "njo": null, "nl": null,
"nld": "nl", "nmg": null, "nn": "no", "nnh": null, "nno": "no", "no": null, "nob": "no", "nod": null, "noe": null,
"nog": null, "non": null, "nor": "no", "nov": null, "npi": "ne", "nqo": null, "nr": null, "nse": null, "nsi": null,
"nsk": null, "nsl": null, "nso": null, "nsp": null, "nsr": null, "nus": null, "nv": null, "nwc": null, "nxq": null,
"ny": null, "nya": "ny", "nym": null, "nyn": null, "nyo": null, "nzi": null, "nzs": null, "oc": null, "oci": "oc",
"oj": null, "ojb": null, "ojc": null, "ojg": "oj", "oji": "oj", "ojs": null, "ojw": null, "oka": null, "om": null,
"or": null, "ori": "or", "orm": "om", "ory": "or", "os": null, "osa": null, "oss": "os", "ota": null, "pa": null,
"pag": null, "pal": null, "pam": null, "pan": "pa", "pap": null, "pau": null, "pbu": "ps", "pcd": null, "pcm": null,
"pdc": null, "pdt": null, "peo": null, "per": "fa", "pes": "fa", "pfl": null, "pgz": null, "phn": null, "pi": null,
"pis": null, "pko": null, "pks": null, "pl": null, "pli": "pi", "plt": "mg", "pmk": "crr", "pms": null, "pnb": "lah",
"pnt": null, "pol": "pl", "pon": null, "por": "pt", "ppa": "bfy", "ppl": null, "pqm": null, "prd": null, "prg": null,
"prl": null, "pro": null, "prp": "gu", "prs": "fa", "prz": null, "ps": null, "psc": null, "psd": null, "psg": null,
"psl": null, "pso": null, "psp": null, "psr": null, "pt": null, "pus": "ps", "puu": null, "pys": null, "qu": null,
"quc": null, "que": "qu", "qug": null, "quz": "qu", "raj": null, "rap": null, "rar": null, "rcf": null, "rej": null,
"rgn": null, "rhg": null, "ria": null, "rib": null, "rif": null, "rjs": null, "rkt": null, "rm": null, "rmc": "rom",
"rmf": "rom", "rml": "rom", "rmn": "rom", "rmo": "rom", "rms": null, "rmt": null, "rmu": null, "rmw": "rom",
"rmy": "rom", "rn": null, "rnb": null, "rng": null, "ro": null, "rob": null, "rof": null, "roh": "rm", "rom": null,
"ron": "ro", "rsl": null, "rsm": null, "rsn": null, "rtm": null, "ru": null, "rue": null, "rug": null, "rum": "ro",
"run": "rn", "rup": null, "rus": "ru", "rw": null, "rwk": null, "ryu": null, "sa": null, "sad": null, "saf": null,
"sag": "sg", "sah": null, "sam": null, "san": "sa", "saq": null, "sas": null, "sat": null, "sav": null, "saz": null,
"sba": null, "sbp": null, "sc": null, "scc": "sr", "sck": null, "scn": null, "sco": null, "scr": "hr", "sd": null,
"sdc": null, "sdh": null, "sdl": null, "se": null, "see": null, "sef": null, "seh": null, "sei": null, "sel": null,
"ses": null, "sfs": null, "sg": null, "sga": null, "sgg": null, "sgs": null, "sgx": null, "sh": "sr", "shi": null,
"shn": null, "shu": null, "si": null, "sid": null, "sin": "si", "sk": null, "skr": null, "sl": null, "slf": null,
"slh": null, "sli": null, "slk": "sk", "slo": "sk", "sls": null, "slv": "sl", "sly": null, "sm": null, "sma": null,
"smd": "kmb", "sme": "se", "smj": null, "smn": null, "smo": "sm", "sms": null, "sn": null, "sna": "sn", "snb": "iba",
"snd": "sd", "snf": null, "snk": null, "so": null, "sog": null, "som": "so", "sot": "st", "sou": null, "spa": "es",
"spy": "kln", "sq": null, "sqi": "sq", "sqk": null, "sqs": null, "sqx": null, "sr": null, "src": "sc", "srd": "sc",
"srn": null, "srp": "sr", "srr": null, "srx": null, "ss": null, "ssp": null, "ssr": null, "ssw": "ss", "ssy": null,
"st": null, "stq": null, "str": null, "su": null, "suk": null, "sun": "su", "sus": null, "sux": null, "sv": null,
"svk": null, "sw": null, "swa": "sw", "swb": null, "swc": "sw", "swe": "sv", "swg": null, "swh": "sw", "swl": null,
"swv": null, "sxn": null, "syc": null, "syl": null, "syr": null, "syy": null, "szl": null, "szs": null, "ta": null,
"tah": "ty", "taj": null, "tam": "ta", "tat": "tt", "tbw": null, "tce": null, "tcy": null, "tdd": null, "tdg": null,
"tdh": null, "tdu": "dtp", "te": null, "tel": "te", "tem": null, "teo": null, "ter": null, "tet": null, "tg": null,
"tgk": "tg", "tgl": "fil", "tgx": null, "th": null, "tha": "th", "thl": null, "thq": null, "thr": null, "tht": null,
"ti": null, "tib": "bo", "tig": null, "tir": "ti", "tiv": null, "tk": null, "tkl": null, "tkr": null, "tkt": null,
"tl": "fil", "tlh": null, "tli": null, "tly": null, "tmh": null, "tmk": "tdg", "tn": null, "tnf": "fa", "tnr": null,
"to": null, "tog": null, "toi": null, "tok": null, "ton": "to", "tpi": null, "tr": null, "tru": null, "trv": null,
"trw": null, "ts": null, "tsd": null, "tse": null, "tsf": "taj", "tsg": null, "tsi": null, "tsj": null, "tsm": null,
"tsn": "tn", "tso": "ts", "tsq": null, "tss": null, "tsy": null, "tt": null, "ttj": null, "ttm": null, "ttq": "tmh",
"tts": null, "ttt": null, "tuk": "tk", "tum": null, "tur": "tr", "tvl": null, "tw": "ak", "twi": "ak", "twq": null,
"ty": null, "tyv": null, "tza": null, "tzm": null, "udm": null, "ug": null, "uga": null, "ugn": null, "ugy": null,
"uig": "ug", "uk": null, "ukl": null, "ukr": "uk", "uks": null, "uli": null, "umb": null, "umu": "del", "unr": null,
"unx": null, "ur": null, "urd": "ur", "uz": null, "uzb": "uz", "uzn": "uz", "vai": null, "ve": null, "vec": null,
"ven": "ve", "vep": null, "vi": null, "vic": null, "vie": "vi", "vls": null, "vmf": null, "vmw": null, "vo": null,
"vol": "vo", "vot": null, "vro": null, "vsi": null, "vsl": null, "vsv": null, "vun": null, "wa": null, "wae": null,
"wal": null, "war": null, "was": null, "wbp": null, "wbq": null, "wbr": null, "wbs": null, "wel": "cy", "wln": "wa",
"wls": null, "wni": null, "wo": null, "wol": "wo", "wtm": null, "wuu": null, "xal": null, "xav": null, "xh": null,
"xho": "xh", "xki": null, "xmf": null, "xml": null, "xms": null, "xnr": null, "xog": null, "xpe": "kpe",
"xsl": "den", "xsr": null, "yao": null, "yap": null, "yav": null, "ybb": null, "ydd": "yi", "ygs": null, "yhs": null,
"yi": null, "yid": "yi", "yo": null, "yor": "yo", "yrl": null, "ysl": null, "ysm": null, "yua": null, "yue": null,
"za": null, "zag": null, "zai": "zap", "zap": null, "zbl": null, "zdj": null, "zea": null, "zen": null, "zgh": null,
"zh": null, "zha": "za", "zhk": null, "zho": "zh", "zib": null, "zmi": null, "zsl": null, "zsm": "ms", "zu": null,
"zul": "zu", "zun": null, "zyb": "za", "zza": null
}'::jsonb) c (codes)
    cross join string_to_table(replace(tag, '_', '-'), '-') with ordinality p (part, at)
    where tag ~ '^[a-z]{2,3}([-_][A-Za-z0-9]{1,8})*$'
      -- Codes for private use are a community's own.
      and (c.codes ? part and (at = 1 or at = 2 and length(part) = 3) or at = 1 and part ~ '^q[a-t][a-z]$')
    order by at desc limit 1
$$;
comment on function private.language_of(text) is
    'The code by which the language of a tag is stored and compared, null for no language.';

create or replace function private.languages_of(tags text[]) returns text[]
language sql immutable parallel safe set search_path = '' as $$
    select coalesce(array_agg(t.code order by t.at), '{}') from (
        select private.language_of(u.tag) as code, min(u.at) as at
        from unnest(tags) with ordinality u (tag, at) group by 1) t
$$;
comment on function private.languages_of(text[]) is
    'The languages of these tags, each once; null among them for what is none.';

-- A release may know another code for a language that is stored.
update public.users u set lang_primary = private.language_of(u.lang_primary),
    lang_secondary = nullif(private.language_of(u.lang_secondary), private.language_of(u.lang_primary))
where private.language_of(u.lang_primary) <> u.lang_primary
    or private.language_of(u.lang_secondary) <> u.lang_secondary
    and private.language_of(u.lang_primary) is not null;
update public.connect_profiles p set language_pref = private.languages_of(p.language_pref)
where private.languages_of(p.language_pref) <> p.language_pref
    and array_position(private.languages_of(p.language_pref), null) is null;
