"""English: what is said to threaten, press, beg, cheat, and to be reached elsewhere. How a rule is written: rule.py."""

from __future__ import annotations

from shared.moderation.rule import Rule

_WILL = r"(i (will|am going to|am gonna|swear i will|want to|wanna|would love to)|ill|im going to|im gonna|imma|ima|gonna|let me)"
_YOU = r"(you|u|ya|your (mom|mother|kids?|child|children|family|dog|cat)|ur (mom|mother|kids?|family))"
_YOU_ARE = r"(you|u|you are|u are|youre|ur|you r|u r|such an?|what an?)"
_PLAY = (
    r"(in|at) (chess|mario|mario kart|fifa|scrabble|poker|tennis|darts|pool|catan|monopoly|uno|the game|a game|karaoke)"
    r"|in the next (round|game|match)|with kindness|for spoilers|on the dance ?floor|video ?games?|board ?games?|haha|lol"
)
_APP = r"(whats ?app|whatsap|wa|wapp|insta|instagram|ig|snap|snapchat|telegram|tele|tg|signal|facebook|fb|messenger|kik|discord|wechat|viber|skype|line|tiktok|threema)"
_APP_PLAIN = r"(whats ?app|whatsap|insta|instagram|snap|snapchat|telegram|facebook|messenger|kik|discord|wechat|viber|skype|tiktok|threema)"

RULES = (
    Rule(
        "threat",
        97,
        rf"{_WILL} (\w+ )?(kill|murder|stab|shoot|strangle|slaughter|behead|rape) {_YOU}"
        rf"|{_WILL} (\w+ )?slit (your|ur) throat",
        unless=_PLAY,
    ),
    Rule(
        "threat",
        92,
        r"(i (will|am going to|am gonna)|ill|im going to|im gonna) (\w+ )?(hurt|beat|smash|punch|choke|cut) (you|u|ya|your face)"
        r"( up| to death| badly| so bad)"
        r"|(i (will|am going to|am gonna)|ill|im going to|im gonna) (break|smash) (your|ur) (face|legs?|neck|bones|teeth|skull)"
        r"|(i (will|am going to|am gonna)|ill|im going to|im gonna) burn (your|ur) (house|home|place|car)",
        unless=_PLAY,
    ),
    Rule(
        "threat",
        95,
        r"(you|u) deserve to (die|be (killed|raped|shot))|i hope (you|u) (die|get raped|get killed|rot|burn)"
        r"|(you|u|youre|you are|ur) (a )?dead (man|woman|meat|bitch)|(you|u) (will|are going to|are gonna) die (bitch|slut|whore)",
        unless=_PLAY,
    ),
    Rule(
        "threat",
        92,
        r"(i (will|am going to|am gonna)|ill|im going to|im gonna|or i) (post|leak|share|publish|send|upload|spread) (\w+ )?"
        r"(your|ur|the|those|these) (nudes?|naked pics|pics|pictures|photos|screenshots|video)"
        r" (online|everywhere|to (everyone|everybody|your (family|boss|friends|parents|husband|wife|work)))",
    ),
    Rule(
        "threat",
        80,
        r"i know where (you|u) (live|work|sleep)|(you|u)(ll| will| are going to| are gonna) regret (this|it|that|ignoring me)"
        r"|(you|u) better watch (your|ur) back|watch your back (bitch|slut|whore)"
        r"|i will find out where (you|u) live|ill find out where (you|u) live|im outside your (house|home|door|window)",
    ),
    Rule(
        "harassment",
        97,
        r"(go |just |please |you should |u should |why dont you )*(kill|hang|shoot|unalive) (yourself|urself|your self|ur self)"
        r"|kys|(go|just) (and )?(die|hang) (already|bitch|in a (fire|hole)|slut|whore)|nobody would miss you|no one would miss you"
        r"|do (the world|everyone|us all) a favou?r and (die|kill yourself)",
        unless=r"(dont|do not|never|not) (\w+ ){0,3}(kill|hang|shoot) yourself|kill yourself laughing",
    ),
    Rule(
        "harassment",
        82,
        rf"{_YOU_ARE} (\w+ ){{0,3}}(bitch|slut|whore|cunt|skank|hoe)|(fucking|stupid|dumb|ugly|fat|little|dirty|filthy|crazy)"
        r" (\w+ )?(bitch|slut|whore|cunt|skank|hoe)|(shut up|fuck off|screw you|fuck you) (\w+ )?(bitch|slut|whore|cunt|skank|hoe)"
        rf"|{_YOU_ARE} (a )?(fucking|fat|ugly|disgusting|worthless|pathetic) (\w+ )?(pig|loser|idiot|moron|trash)",
        unless=r"called me (a )?\w*|(calls|called|calling) (her|him|them|me|women)",
    ),
    Rule(
        "harassment",
        70,
        r"fuck (you|u|off)|go fuck (yourself|urself)|(youre|you are|ur|u r|u are) (so |really |just |fucking |such a )*"
        r"(ugly|worthless|disgusting|pathetic|retarded)|(youre|you are|ur|u are) a retard",
        unless=r"fuck off to|(not|never) (ugly|worthless|disgusting|pathetic)|(want|wanna|would love|going|gonna|like|let me) (to )?fuck (you|u)",
    ),
    Rule(
        "hate",
        94,
        r"\w*niggers?|faggots?|trann(y|ies)|kikes?|pakis?|spics?|chinks?|wetbacks?|gooks?|ragheads?"
        r"|gas the (jews|muslims|gays)|(jews|muslims|blacks|gays|immigrants|arabs) (are|r) (subhumans?|vermin|animals|rats|parasites)"
        r"|s?ieg heil|heil hitler",
        unless=r"chinks? (in|of)|(called|calls|calling) (me|him|her|us|them|people)",
    ),
    Rule(
        "hate",
        85,
        r"(i hate|fuck|kill|deport|send back) (all |those |these |the )?(jews|muslims|blacks|gays|immigrants|arabs|lesbians|refugees)"
        r"|(all |those |these |the )?(jews|muslims|blacks|gays|immigrants|arabs|lesbians|refugees) (should|must|need to) (all )?"
        r"(die|be killed|be shot|be gassed|burn)",
    ),
    Rule(
        "sexual_pressure",
        85,
        r"(send|show|give|sext|snap) (me )?(\w+ ){0,3}(nudes?|naked (pics?|pictures?|photos?)|tits|boobs|pussy|ass|nipples)"
        r"|(send|show) me (\w+ )?(body|underwear|lingerie)( pics?| pictures?)?|(suck|lick|ride|touch) my (\w+ )?(dick|cock|balls)"
        r"|(just|only|come on) one (nude|naked pic)",
        unless=r"(dont|do not|never|wont|will not|not going to) (send|show|ask for) (\w+ ){0,3}(nudes?|naked \w+)|asked? me (for|to)|asking (me )?for",
    ),
    Rule(
        "sexual_pressure",
        85,
        r"(you|u) owe me (sex|a (fuck|blowjob|kiss)|something for)|(dont|stop) be(ing)? (such )?a (prude|tease|cocktease)"
        r"|if (you|u) (really )?(loved|liked|trusted) me (you|u) (would|d|should) (\w+ )?(sleep|send|show|fuck|do it|have sex)"
        r"|i (want|wanna|need|would love|am going|am gonna) (to )?fuck (you|u)|(wanna|lets|want to|can i|let me) fuck( you| u)?"
        r"|im (gonna|going to) fuck (you|u)|(you|u) (will|have to|must) (sleep|have sex) with me",
    ),
    Rule(
        "sexual",
        60,
        r"(youre|you are|ur|are you|r u|im|i am|so) (\w+ )?horny|sexting|blow ?jobs?|hand ?jobs?|dick ?pics?|\w*masturbat\w*"
        r"|threesome|(make|made) (you|me|u) cum|cum (in|on|for) (you|me|my)",
    ),
    Rule(
        "minor",
        88,
        r"(i am|im|i m|i just turned|i turned|i turn|ill be|im turning)( only| just| actually| really| still| already| almost)*"
        r" (1[0-7]|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
        r"( years? old| yo| y o| yrs| f| m)?( >| and| but| so| in a| next| this| last| years old)",
        unless=r"(1[0-7]|\w+teen) (minutes?|mins?|hours?|km|kilomet\w+|miles?|percent|pounds?|weeks?|days?|months?|euros?|dollars?|years (into|in|sober|older|younger))"
        r"|(when|since|like|as if|feel|feeling) (i was|im|i am) (\w+ )?(1[0-7]|\w+teen)|and a half (minutes|hours|km)",
    ),
    Rule(
        "minor",
        97,
        r"(sex|fuck|sexy|nudes?|naked) (\w+ ){0,3}(underage|preteen|child(ren)?|minors?)( girls?| boys?)?"
        r"|(underage|preteen|loli\w*) (girls?|boys?|sex|porn|nudes?|pics?)|child ?porn\w*|kiddie ?porn"
        r"|i (like|love|prefer|want) (\w+ )?(underage|preteen|very young|little) (girls|boys)"
        r"|(nudes?|naked (pics?|photos?|pictures?)) of (your|ur) (daughter|son|kids?|child(ren)?|sister)",
    ),
    Rule(
        "minor",
        80,
        r"(im|i am) (\w+ )?(underage|a minor|not 18( yet)?|under 18|below 18)( >| and| but| so)"
        r"|(im|i am) in (the )?(5th|6th|7th|8th|9th|10th|fifth|sixth|seventh|eighth|ninth|tenth) grade|i go to middle school",
        unless=r"(im|i am) not (underage|a minor)",
    ),
    Rule(
        "self_harm",
        70,
        r"(kill|hang|cut|cutting|hurt|hurting|killing|harm|harming) myself|(i|just) (\w+ )?(want|wanna|wish) (to |i could |i would )?(\w+ )?die"
        r"|end (my life|it all)|(im|i am|feel|feeling) (\w+ )?suicidal|suicidal thoughts|(commit|committing) suicide"
        r"|(dont|do not|no longer) (want|wanna) (to )?(live|be alive|be here) (anymore|any more|any longer)|no reason to live",
        unless=r"die laughing|laughing|die of (embarrassment|boredom|shame|laughter|happiness|hunger|heat)|before i die"
        r"|cut myself (\w+ ){0,3}(cooking|shaving|chopping|on|while|with a kitchen|in the kitchen|a slice|some|off)"
        r"|hurt myself (\w+ ){0,2}(climbing|running|skiing|playing|at the gym|lifting|jogging|cycling)|the episode|suicide squad",
    ),
    Rule(
        "money",
        75,
        r"(send|lend|wire|transfer|borrow|loan|give) (me )?(\w+ ){0,3}(money|cash|\d+ (euros?|dollars?|bucks|pounds|usd|eur)|bitcoins?)"
        r"|western union|money ?gram|(my|via|through|over|by) (paypal|cash ?app|venmo|zelle)|(paypal|cash ?app|venmo|zelle) me"
        r"|(buy|send|get|need) (me )?(\w+ ){0,3}(gift|itunes|steam|amazon|google play) cards?|(my|your|ur) (iban|bank (account|details|data|login))"
        r"|wire transfer|need (\w+ )?(money|a loan) (for|to|urgently|right now)",
        unless=r"(dont|do not|never|wont|will not|not) (\w+ ){0,2}(send|lend|ask|asking|give|wire|transfer) (\w+ ){0,4}(money|cash)|give me (\w+ )?money s|waste of money",
    ),
    Rule(
        "scam",
        80,
        r"(crypto|bitcoin|forex|usdt|binary options?) (investments?|trading|platform|signals?|mining|opportunity|returns)"
        r"|invest(ing|ment)? (\w+ ){0,2}(in |with |opportunity)(\w+ )?(crypto|bitcoin|forex|my broker|me and|platform)"
        r"|(double|triple|multiply) (your|ur) (money|bitcoins?|investment|income)|guaranteed (profits?|returns?|income)"
        r"|investment opportunity|(make|earn) (\w+ ){0,3}(profit|passive income|\d+ (a|per) (day|week)) (\w+ ){0,3}(trading|crypto|from home|online)"
        r"|sugar (daddy|mommy|mummy|baby)|my (late )?(father|husband|uncle|wife)s inheritance|held (up )?(at|by|in) customs"
        r"|(on|work on|working on) an oil rig|(my|a) (broker|mentor) (\w+ ){0,3}(can|will) (help|teach|show) (you|u)",
        unless=r"(lost|boring|hate|scammers?|scams?|not into) (\w+ ){0,4}(crypto|bitcoin|forex)",
    ),
    Rule(
        "scam",
        75,
        r"verify (your|ur) (account|age|identity|profile) (\w+ ){0,4}(link|here|site|website)|click (on )?(this|the|my|that) link"
        r"|(my|subscribe to my|see me on|join my|check( out)? my) (only ?fans|cam ?site|fansly)",
    ),
    Rule(
        "contact_exchange",
        50,
        rf"(my|your|ur|add me|text me|write me|message me|msg me|find me|dm me|follow me|hit me up|hmu|reach me|contact me|chat|switch|"
        rf"move|continue|talk|lets|go|have|got|use|are you|r u|im) (to |over |on |over to |to me |with me |here on |up |via |there |each other |a |an |@ )*{_APP}"
        rf"( >| is| instead| (id|handle|name|username|number|account)s?| later| and| so| or| then| too| as| for me| its)"
        rf"|(add|text|write|message|msg|find|dm|follow|reach|contact|hit) me (\w+ ){{0,2}}(on|via|over|at|up on) {_APP}"
        rf"|{_APP_PLAIN} (is|handle|username|id|number|nr|me)"
        rf"|< (\w+ )?{_APP_PLAIN}( \w+)? >|(give|send|tell) me (your|ur) {_APP}|(your|ur) {_APP_PLAIN}",
        unless=r"(deleted|quit|left|hate|off|work at|work for|works at|worked at|without) (my )?(whats ?app|instagram|insta|facebook|tiktok|snapchat|telegram|discord)"
        r"|in line|on line|(new|your|my|next) line|my signal|no signal",
    ),
    Rule(
        "contact_exchange",
        50,
        r"(my|your|ur) (phone ?|cell |mobile |cellphone )?(number|digits) (is|are|please|pls|its)|(whats|what is|give me|send me|can i (have|get)|may i have|drop me|share) (your|ur|you) "
        r"(phone |cell |mobile )?(number|digits|e ?mail|mail)"
        r"|here(s| is) my (phone |cell |mobile )?(number|e ?mail|mail|address)|my e ?mail( address)? is|(exchange|swap|trade) (phone )?(numbers|contacts)",
        unless=r"number (one|two|three|1) (fan|rule|reason|tip|priority)|(lucky|favou?rite) number",
    ),
    Rule(
        "contact_exchange",
        50,
        r"(call|text|ring) me (at|on|under)",
        unless=r"(call|text|ring) me (at|on|under) (the|a|my|your|all|monday|tuesday|wednesday|thursday|friday|saturday|sunday|noon|night)\w*",
    ),
)
