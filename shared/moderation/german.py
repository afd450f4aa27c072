"""German: what is said to threaten, press, beg, cheat, and to be reached elsewhere. Umlauts are two letters here; how a rule is written: rule.py."""

from __future__ import annotations

from shared.moderation.rule import Rule

_DICH = r"(dich|euch|deine (mutter|familie|kinder|tochter)|deinen (sohn|hund|mann)|dein kind)"
_SPIEL = (
    r"(im|beim) (schach|spiel|kickern?|tischtennis|mario kart|skat|naechsten spiel|siedler\w*|poker|minigolf|bowling|darts?)"
    r"|haha\w*|spieleabend\w*"
)
_APP = r"(whats ?app|whatsap|insta|instagram|ig|snap|snapchat|telegram|tele|signal|facebook|fb|messenger|kik|discord|viber|skype|tiktok|threema)"
_APP_PLAIN = r"(whats ?app|whatsap|insta|instagram|snap|snapchat|telegram|facebook|messenger|kik|discord|viber|skype|tiktok|threema)"
_SCHIMPF = r"(\w*(schlampe|fotze|hure|nutte|miststueck|drecksau|dreckstueck))n?"

RULES = (
    Rule(
        "threat",
        97,
        rf"ich (bring|bringe|werde|mach|mache|stech|steche|schlachte|toete|erschiess\w*|erwuerge|vergewaltige|will|knall|knalle)"
        rf" ({_DICH}|dir) (\w+ ){{0,4}}(um|umbringen|toeten|ab|abstechen|abknallen|erschiessen|erwuergen|vergewaltigen|kalt|alle|tot|schlachten)"
        rf"|ich (toete|erschiesse|erwuerge|vergewaltige|schlachte) {_DICH}",
        unless=_SPIEL,
    ),
    Rule(
        "threat",
        92,
        rf"ich (schlag|schlage|hau|haue) {_DICH} (\w+ ){{0,3}}(tot|zusammen|kaputt|krankenhausreif|windelweich)"
        r"|ich (schlag|schlage|hau|haue|polier|poliere) dir (\w+ ){0,3}(fresse|zaehne|schaedel|gesicht)"
        r"|ich (brech|breche) dir (\w+ ){0,3}(genick|beine|knochen|arm|arme|nase)|ich (verpruegle|verpruegel) dich"
        r"|ich (zuend|zuende) (dein|dir dein|deine) (haus|auto|bude|wohnung|huette) an",
        unless=_SPIEL,
    ),
    Rule(
        "threat",
        95,
        r"du (verdienst|verdienst es|hast es verdient) (\w+ ){0,2}(zu sterben|tot|den tod|vergewaltigt)|ich hoffe (\w+ )?du (stirbst|verreckst|krepierst)"
        r"|du bist (so gut wie |bald )?(tot|eine tote frau|ein toter mann)( >| du)|(stirb|verreck|krepier) (du|endlich|doch)"
        r"|man sollte dich (umbringen|vergewaltigen|abstechen|vergasen)",
        unless=_SPIEL + r"|todmuede",
    ),
    Rule(
        "threat",
        92,
        r"ich (schick|schicke|poste|stell|stelle|verschick|verschicke|zeig|zeige|veroeffentliche|leake) (\w+ ){0,3}(deine|die) (\w+ )?"
        r"(nacktbilder|nacktfotos|bilder|fotos|screenshots|videos?) (\w+ ){0,4}(online|ins netz|an alle|allen|deiner familie|deinem chef|deinen eltern|deinen freunden|ins internet)",
    ),
    Rule(
        "threat",
        80,
        r"ich weiss (genau )?wo du (wohnst|arbeitest|schlaefst|lebst)|(das|dies|es) wirst du (noch |bitter |schwer )*bereuen|du wirst (das|es) (noch |bitter |schwer )*bereuen"
        r"|ich (finde|find|krieg|kriege) (noch )?(raus|heraus) wo du wohnst|ich finde heraus wo du wohnst|ich steh(e)? vor deiner (tuer|wohnung|haustuer)"
        r"|dich krieg(e)? ich noch|ich krieg(e)? dich (noch|schon noch)",
        unless=r"ueberredet|herum",
    ),
    Rule(
        "harassment",
        97,
        r"(bring|haeng|erhaeng|erschiess|toete) dich (\w+ ){0,2}(um|auf|selbst|doch)|(erschiess|erhaeng|toete) dich >"
        r"|niemand wuerde dich vermissen|dich wuerde (niemand|keiner) vermissen|keiner wuerde dich vermissen|spring (doch )?(von der bruecke|vor den zug|aus dem fenster)",
        unless=r"bring dich nicht um|toete dich nicht",
    ),
    Rule(
        "harassment",
        82,
        rf"(du|diese|dumme|bloede|fette|haessliche|kleine|verdammte|halt die fresse( du)?|halts maul( du)?|so eine|bist eine) (\w+ ){{0,3}}{_SCHIMPF}"
        rf"|(du|dieser|bloeder|verdammter|du bist ein|bist ein) (\w+ ){{0,3}}(hurensohn|wichser|arschloch|spast\w*|drecksack)|(du )?missgeburt|< {_SCHIMPF}",
        unless=r"(nannte|genannt|beschimpft) (mich|sie|ihn)?",
    ),
    Rule(
        "harassment",
        70,
        r"fick dich|halt (die|deine) (fresse|schnauze|klappe)|verpiss dich|du bist (so |echt |richtig |einfach |total |voll |nur )*"
        r"(haesslich|wertlos|ekelhaft|widerlich|erbaermlich|behindert|ein stueck (dreck|scheisse))",
        unless=r"du bist nicht",
    ),
    Rule(
        "hate",
        94,
        r"(\w*nigger|neger|negerin|kanaken?|schwuchteln?|judens(au|aeue|chwein\w*)|transen?|untermensch(en)?|kameltreiber|drecks(zigeuner|jude|juden|tuerke|tuerken|auslaender)"
        r"|scheiss (zigeuner|juden|tuerken|auslaender|schwule))|(juden|tuerken|muslime|schwule) (\w+ )?vergasen|sieg heil|heil hitler",
        unless=r"(nannte|nannten|genannt|beschimpft) (\w+ )?",
    ),
    Rule(
        "hate",
        85,
        r"(ich hasse|tod den|tod allen|raus mit den|alle) (alle )?(juden|muslimen?|auslaendern?|schwulen?|fluechtlingen?|tuerken|schwarzen?|lesben) (raus|abschieben|vergasen|verrecken|toeten|>)"
        r"|(juden|muslime|auslaender|schwule|fluechtlinge|tuerken|schwarze|lesben) (sind|gehoeren) (\w+ ){0,2}(abschaum|ungeziefer|tiere|untermenschen|erschossen|vergast|parasiten)|auslaender raus",
    ),
    Rule(
        "sexual_pressure",
        85,
        r"(schick|schicke|zeig|zeige|gib|sende) (mir |mal |uns )*(\w+ ){0,4}(nacktbild\w*|nacktfotos?|nudes?|titten|brueste|muschi|arsch|nackt)"
        r"|(lutsch|blas|leck|fass) (mir )?(meinen|mein|an meinen) (\w+ )?(schwanz|penis|eier)|(zieh|mach) dich (mal |doch )?(nackt|aus) (>|fuer mich|vor der kamera)"
        r"|(ein|nur ein|ein einziges) (nacktbild|nacktfoto) (>|bitte|von dir)",
        unless=r"(keine|kein|nie|niemals|nicht) (\w+ ){0,3}(nacktbild\w*|nacktfotos?|nudes)|wollte (\w+ )?(nacktbild\w*|nudes)",
    ),
    Rule(
        "sexual_pressure",
        85,
        r"du schuldest mir (noch )?(sex|was|etwas|einen (fick|blowjob|kuss))|du bist mir (noch )?(was|etwas|sex) schuldig|(sei|stell dich) (doch )?nicht so (pruede|verklemmt|zickig)"
        r"|wenn du mich (wirklich |echt )?(liebst|magst|lieben wuerdest|moegen wuerdest|vertraust) (\w+ ){0,4}(schlaefst|schickst|zeigst|nackt|sex|fotos?)"
        r"|ich (will|moechte|werde|wuerde) dich (\w+ ){0,3}(ficken|bumsen|durchficken|knallen)|(lass uns|willst du|wollen wir|komm wir) (\w+ ){0,2}(ficken|bumsen)"
        r"|du (musst|wirst) mit mir schlafen",
    ),
    Rule(
        "sexual",
        60,
        r"(bist du|ich bin|bin|macht dich|macht mich|so) (\w+ ){0,2}(notgeil|geil auf (dich|mich)|rattig)|(ich bin|bin) (\w+ )?geil >|sexting|dick ?pics?|schwanzbild\w*|(einen|dir einen|mir einen) blasen"
        r"|\w*selbstbefriedig\w*|wichs(en|t|e)|einen dreier",
    ),
    Rule(
        "minor",
        88,
        r"(ich bin|bin|ich werde|werde|bin gerade|ich wurde|ich bin gerade)( erst| nur| eigentlich| noch| gerade| schon| bald| ehrlich gesagt| in wahrheit)*"
        r" (1[0-7]|zehn|elf|zwoelf|dreizehn|vierzehn|fuenfzehn|sechzehn|siebzehn)( jahre( alt)?| j)? (>|und|aber|also|geworden|jahre alt)",
        unless=r"(1[0-7]|\w+zehn|elf|zwoelf|um 1[0-7]) (uhr|minuten|min|stunden|km|kilometer|prozent|wochen|tage|monate|euro|grad|kilo|kg)|(seit|als|mit|wie|bis|um|gegen|ab|vor|nach) (ich )?(\w+ )?(1[0-7]|\w+zehn|elf|zwoelf)",
    ),
    Rule(
        "minor",
        97,
        r"(sex|ficken|nackt\w*|geil\w*) (\w+ ){0,3}(minderjaehrig\w*|kindern?|kleinen (maedchen|jungs))|kinderporno\w*"
        r"|ich (mag|liebe|stehe auf|steh auf|will) (\w+ )?(minderjaehrige|kleine maedchen|sehr junge maedchen|kleine jungs)"
        r"|(nacktbild\w*|nacktfotos?|nudes) (von )?(deiner|deinem|deinen) (\w+ )?(tochter|sohn|kindern|schwester)|loli ?(sex|porn\w*)",
    ),
    Rule(
        "minor",
        80,
        r"(ich bin|bin) (\w+ )?(minderjaehrig|unter (18|achtzehn)|nicht volljaehrig|noch nicht (18|volljaehrig|achtzehn))"
        r"|(ich bin|bin|ich gehe|gehe) (jetzt )?in (der|die) (5|6|7|8|9|10|fuenfte[nr]?|sechste[nr]?|siebte[nr]?|achte[nr]?|neunte[nr]?|zehnte[nr]?) klasse",
        unless=r"nicht minderjaehrig|lehrer\w*|unterrichte",
    ),
    Rule(
        "self_harm",
        70,
        r"(bring|bringe|haeng|haenge|toete|ritz|ritze) mich (\w+ ){0,2}(um|auf|selbst|wieder)|mich (\w+ )?(umbringen|ritzen|selbst verletzen|aufhaengen|toeten|selbst toeten)"
        r"|ich (will|moechte|wuerde) (\w+ ){0,3}(sterben|tot sein|nicht mehr (leben|da sein|hier sein))|(mir|dem) (\w+ )?das leben nehmen|mein leben beenden"
        r"|(selbstmord|suizid)(gedanken|gefaehrdet)?|nicht mehr leben",
        unless=r"(vor|fast) (lachen|scham|langeweile|peinlichkeit)|bevor ich sterbe|hunger|lach\w+|selbstmordkommando",
    ),
    Rule(
        "money",
        75,
        r"(schick|schicke|leih|leihe|ueberweis|ueberweise|gib|sende) (mir |mal |doch |bitte |uns )*(\w+ ){0,3}(geld|kohle|\d+ (euro|dollar|franken)|bitcoins?)"
        r"|(mir|uns) (\w+ ){0,4}(geld|kohle|\d+ (euro|dollar|franken)) (\w+ )?(leihen|schicken|ueberweisen|geben|senden)|western union|money ?gram"
        r"|(per|ueber|via|mein|auf) paypal|(google play|amazon|itunes|steam|paysafe) ?(karten?|cards?|gutscheine?|guthaben|code)|paysafecards?|(meine|deine) (iban|kontonummer|bankdaten|kontodaten|bankverbindung)"
        r"|(ich )?brauch(e)? (dringend |schnell |sofort |ganz )*geld (fuer|um|von dir)",
        unless=r"(kein|keine|niemals|nie|nicht) (\w+ ){0,4}(geld|euro)",
    ),
    Rule(
        "scam",
        80,
        r"(krypto|bitcoin|forex)\w* ?(investment|investition\w*|trading|plattform|handel|anlage|signale)|krypto(investment|trading|handel|anlage)s?"
        r"|(in|mit) (krypto\w*|bitcoins?|forex) (\w+ ){0,2}(investieren|verdienen|handeln|reich)|(verdopple|verdreifache|verdoppeln|vermehre) (\w+ )?(dein|deine|ihr) (geld|bitcoins?|einkommen|investition)"
        r"|garantierte[rn]? (gewinne?|renditen?)|(passives einkommen|schnelles geld|schnell geld) (\w+ ){0,3}(verdienen|online|von zuhause|trading)|sugar ?(daddy|mommy|baby)"
        r"|(auf|arbeite auf) (einer|der) (oel ?)?bohrinsel|(beim|im) zoll (fest|haengt|haengen|gestoppt)|mein (broker|mentor) (\w+ ){0,3}(hilft|zeigt) dir",
        unless=r"(verloren|langweilig|hasse|betrueger\w*|nichts (mit|fuer)) (\w+ ){0,4}",
    ),
    Rule(
        "scam",
        75,
        r"(verifizier|verifiziere|bestaetige) (\w+ ){0,2}(dein|deinen|deine) (\w+ )?(account|konto|alter|identitaet|profil) (\w+ ){0,4}(link|seite|website|hier)"
        r"|klick(e)? (\w+ )?(auf )?(den|diesen|meinen) link|(mein|meinen|meinem|abonnier mein) (only ?fans|fansly|cam ?seite)",
    ),
    Rule(
        "contact_exchange",
        50,
        rf"(mein|dein|deine|meine|meinen|deinen) (\w+ )?{_APP} (>|ist|lautet|namen?|heisst|nummern?|und|oder|bitte)|(mein|dein) {_APP_PLAIN}"
        rf"|(schreib|schreibe|add|adde|adden|finde|such|suche|folg|folge|kontaktier|kontaktiere|erreichst|findest|meld) (mich|mir|dich|dir|du mich|uns) (\w+ ){{0,3}}(auf|bei|ueber|per|via|in|unter) {_APP}"
        rf"|(lass uns|wollen wir|koennen wir|sollen wir|wechseln wir|magst du|hast du|habt ihr|nutzt du|bist du|kommst du|gehen wir|schreiben wir) (\w+ ){{0,4}}{_APP}"
        rf"|(lieber|weiter|besser|gerne|mehr) (\w+ )?(auf|bei|ueber|per|via) {_APP}|{_APP_PLAIN} (ist|lautet|name|nummer|nr|heisst)"
        rf"|(gib|gibst|schick|sag) (du )?mir (\w+ )?dein(e|en)? {_APP}|< (und |dein |hast |per |auf |bei )?{_APP_PLAIN}( \w+)? >",
        unless=r"(geloescht|ohne|arbeite bei|arbeitet bei|hasse|weg von|nicht auf|nicht bei) (\w+ )?(whats ?app|instagram|insta|facebook|tiktok|snapchat|telegram|discord)?|kein signal|(whats ?app|instagram|insta|facebook|tiktok|snapchat) (\w+ )?(geloescht|verlassen)|ein signal",
    ),
    Rule(
        "contact_exchange",
        50,
        r"(meine|deine) (handy|telefon|mobil)?(nummer|nr) (ist|lautet|bitte|haben|geben|schicken|>)|(gib|gibst|schick|schickst|sag|verrat|verraetst|gebe) (du )?(mir )?(mal |doch |bitte )*(deine|meine|die) (handy|telefon|mobil)?(nummer|nr|mail|e mail|mailadresse)"
        r"|(krieg|kriege|bekomm|bekomme|kann|darf|haette) ich (\w+ ){0,2}deine (handy|telefon|mobil)?(nummer|nr|mail|mailadresse)|ruf (mich|mal|doch) (\w+ ){0,2}(an )?unter|(meine|deine) (e ?)?mail(adresse)? (ist|lautet)"
        r"|(nummern|kontakte|handynummern) (aus)?tauschen|erreichst mich (unter|per mail|telefonisch)|schreib mir (\w+ )?(an|per) (meine )?(e ?)?mail",
        unless=r"nummer (eins|1)|hausnummer|lieblingsnummer",
    ),
)
