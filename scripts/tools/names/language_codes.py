"""Codes of languages: which are known, and which are other codes of one language.

CLDR names the languages, which codes are aliases (`deu` and `ger` of `de`), and under which code the main
member of a group goes (`cmn` is `zh`). What it does not name are most sign languages.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version

from babel.core import Locale, get_global
from babel.languages import get_territory_language_info

from scripts.tools.names.files import POLICIES, SHARED, wrapped

TABLE = SHARED / "language_codes.json"
POLICY = POLICIES / "00_base" / "languages.sql"

_CODE = re.compile("[a-z]{2,3}")
_NO_LANGUAGE = {"mul", "und", "zxx", "root", "sgn"}

_SIGNED = """
ads aed aen afg ajs ase asp asq asw bfi bfk bog bqn bqy bvl bzs cds csc csd cse csf csg csl csn csq
csr csx doq dse dsl dsz dyl ecs ehs esl esn eso eth fcs fse fsl fss gds gse gsg gsm gss gus hab haf
hds hks hos hps hsh hsl icl iks inl ins ise isg isr jcs jhs jks jls jos jsl jus kgi kvk lbs lgs lls
lsb lsc lsl lsn lso lsp lst lsv lsw lsy lws mdl mfs msd msr mzc mzg mzy nbs ncs nsi nsl nsp nsr nzs
pgz pks prl prz psc psd psg psl pso psp psr pys rib rms rnb rsl rsm rsn sdl sfs sgg sgx slf sls sqk
sqs sqx ssp ssr svk swl syy szs tse tsm tsq tss tsy tza ugn ugy ukl uks vsi vsl vsv wbs xki xml xms
ygs yhs ysl ysm zhk zib zsl
"""
"""ISO 639-3: every language called a sign language."""
_SPOKEN_AS = {"no": "nb nn", "rom": "rmc rmf rml rmn rmo rmw rmy"}
"""Written standards and varieties of what people call one language: Norwegian and Romani, by ISO 639-3."""


def code_of_every_code() -> dict[str, str]:
    """The language each known code stands for, its own code included; sorted."""
    renamed = {code: str(of).partition("_")[0] for code, of in get_global("language_aliases").items()}
    renamed |= {code: of for of, codes in _SPOKEN_AS.items() for code in codes.split()}
    territories = get_global("territory_languages")
    spoken = {code for territory in territories for code in get_territory_language_info(territory)}
    named = {code.partition("_")[0] for code in (*Locale("en").languages, *spoken, *_SIGNED.split())}
    stored = {renamed.get(code, code) for code in named if _CODE.fullmatch(code)} - _NO_LANGUAGE
    others = {
        code: of for code, of in renamed.items() if renamed.get(of, of) in stored and _CODE.fullmatch(code)
    }
    # Aliases may lead to aliases: nob is nb, and nb is no.
    others = {code: others.get(of, of) for code, of in others.items()}
    return dict(sorted({**{code: code for code in stored}, **others}.items()))


def source() -> str:
    """What the table was made from."""
    return f"CLDR as in Babel {version('babel')}, sign languages of ISO 639-3"


def table() -> str:
    """`shared/language_codes.json`: each language with its other codes."""
    others: dict[str, list[str]] = {}
    for code, of in code_of_every_code().items():
        others.setdefault(of, []).extend([code] if code != of else [])
    entries = [f"{json.dumps(of)}: {json.dumps(' '.join(codes))}" for of, codes in sorted(others.items())]
    lines = ",\n".join(wrapped(entries, ", ", 110))
    return f'{{"source": {json.dumps(source())},\n"other codes": {{\n{lines}\n}}}}\n'


def policy() -> str:
    """`supabase/policies/00_base/languages.sql`: the same table as a function."""
    entries = [
        f'"{code}": {"null" if code == of else json.dumps(of)}' for code, of in code_of_every_code().items()
    ]
    return _POLICY.format(source=source(), lines=",\n".join(wrapped(entries, ", ", 118)))


_POLICY = """\
-- Codes of languages, from shared/language_codes.json: made by scripts/names, not to be edited.
-- {source}.

create or replace function private.language_of(tag text) returns text
language sql immutable parallel safe set search_path = '' as $$
    -- In zh-yue the second part is the language, in pt-BR the first.
    select coalesce(c.codes ->> part, part)
    from (select '{{
{lines}
}}'::jsonb) c (codes)
    cross join string_to_table(replace(tag, '_', '-'), '-') with ordinality p (part, at)
    where tag ~ '^[a-z]{{2,3}}([-_][A-Za-z0-9]{{1,8}})*$'
      -- Codes for private use are a community's own.
      and (c.codes ? part and (at = 1 or at = 2 and length(part) = 3) or at = 1 and part ~ '^q[a-t][a-z]$')
    order by at desc limit 1
$$;
comment on function private.language_of(text) is
    'The code by which the language of a tag is stored and compared, null for no language.';

create or replace function private.languages_of(tags text[]) returns text[]
language sql immutable parallel safe set search_path = '' as $$
    select coalesce(array_agg(t.code order by t.at), '{{}}') from (
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
"""
