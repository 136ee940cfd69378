"""The marks that mailers, networks and advertisers hang on links: they ask for nothing."""

from typing import Final

_STARTS: Final = (
    "utm_", "mc_", "hsa_", "_hs", "pk_", "mtm_", "piwik_", "matomo_", "oly_", "vero_", "at_",
    "ga_", "gad_", "trk_", "mkt_", "sc_", "ns_", "elq", "fb_", "spm_", "aff_", "itm_",
)  # fmt: skip

_NAMES: Final = frozenset({
    "fbclid", "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "msclkid", "yclid", "twclid",
    "ttclid", "igshid", "igsh", "li_fat_id", "epik", "srsltid", "scid", "_ga", "_gl", "_ke",
    "_openstat", "s_kwcid", "ef_id", "wickedid", "rb_clickid", "irclickid", "ysclid", "cvid",
    "oicd", "mibextid", "ref", "ref_src", "ref_url", "referrer", "source", "campaign", "cmpid",
    "cid", "trk", "spm", "share", "ceid", "emci", "emdi", "ck_subscriber_id", "bsft_clkid",
    "guce_referrer", "guccounter", "xtor", "zanpid", "kx", "dm_i", "nr_email_referer",
})  # fmt: skip


def is_tracking(name: str) -> bool:
    """Return whether a parameter of this name only says where a visitor came from."""
    small = name.lower()
    return small in _NAMES or small.startswith(_STARTS)
