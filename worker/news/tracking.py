"""Which parameters of an address say where a reader came from, and so are no part of what is read."""

from __future__ import annotations

import re

# Gathered from what analytics and mail services document (Google, Meta, Microsoft, Mailchimp, HubSpot, Adobe, AT Internet,
# Webtrekk, Matomo, Chartbeat, Outbrain, Taboola) and from the links in outlets' own feeds. Lower case.
_NAMES = frozenset(
    """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid li_fat_id igshid igsh srsltid epik sfnsn
    _ga _gl ga_source ga_medium ga_campaign ga_content ga_term
    mc_cid mc_eid mkt_tok oly_anon_id oly_enc_id vero_id vero_conv _hsenc _hsmi hsctatracking ml_subscriber ml_subscriber_hash
    pk_campaign pk_kwd pk_keyword pk_source pk_medium pk_content pk_cid pk_vid
    s_cid s_kwcid sc_cid ncid cmpid cmp cmpn icid intcmp int_cmp intcid int_source ito xtor xtref xts ocid cvid mbid cndid maca
    ns_mchannel ns_source ns_campaign ns_linkname ns_fee
    dicbo tblci tbref oborigurl obref wickedid echobox __source __twitter_impression __scoop_post __scoop_topic
    guccounter guce_referrer guce_referrer_sig soc_src soc_trk
    spm scm smid smtyp taid tpcc emc ref_src ref_url referer referrer traffic_source traffic_medium
    utm amp outputtype output_type feedtype feedname partner rss wprss rssfeed fromrss socialshare share_id share
    """.split()  # noqa: SIM905 - names are read as words
)
_PREFIXES = ("utm_", "utm-", "mtm_", "piwik_", "matomo_", "hsa_", "stm_", "wt.", "wt_", "at_", "ns_mchannel_", "itm_")
# Parameters that track only with these values; with others they choose what is shown.
_DOUBTFUL = frozenset(
    {"ref", "source", "from", "src", "srcref", "via", "feature", "origin", "cid", "campaign", "medium", "channel"}
)
_CAME_FROM = re.compile(
    r"(?:rss|feeds?|feedburner|home(?:page)?|hp|twitter|facebook|fb|linkedin|whatsapp|telegram|instagram|newsletter|email"
    r"|social|share(?:d)?|push|flipboard|smartnews|googlenews)(?:[-_.:].*|feed|\d*)",
    re.IGNORECASE | re.DOTALL,
)
# With exactly this value a parameter of any name is a feed's mark, unless its name says that it asks for something.
_FEED_MARK = re.compile(r"rss(?:[12]|feeds?)?", re.IGNORECASE)
_ASKS = frozenset(
    {"q", "s", "query", "search", "tag", "tags", "topic", "category", "cat", "id", "slug", "title", "p", "page"}
)


def tracks(name: str, value: str) -> bool:
    """Whether a parameter only tracks, by its name or by its name and value (both percent-decoded)."""
    folded = name.lower()
    if folded in _NAMES or folded.startswith(_PREFIXES):
        return True
    if folded in _DOUBTFUL and _CAME_FROM.fullmatch(value):
        return True
    return folded not in _ASKS and _FEED_MARK.fullmatch(value) is not None
