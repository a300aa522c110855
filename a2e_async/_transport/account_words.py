"""Words that say that an account cannot be used: a bad token, a plan without the API, no coins. No I/O.

The service has no documented codes for these and reports them under different numbers. So the words
decide, in English and Chinese.
"""

from __future__ import annotations

import re
from typing import Any

from a2e_async.errors import APIError, AuthenticationError, InsufficientCredits, PlanRequired

__all__ = ["account_error"]


# Patterns are compiled by their first use (`re` keeps them), which most processes never come to.
def _words(*patterns: str) -> str:
    return "|".join(patterns)


def _says(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


_KEY = r"(?:token|api ?key|secret ?key|jwt|credentials?|bearer|authorization header)"
_BAD_TOKEN = _words(
    r"\b(?:invalid|illegal|bad|wrong|incorrect|malformed|expired|missing|revoked|disabled|no)"
    rf" (?:(?:access|auth|authentication|authorization|api|bearer|user|login|session) )*{_KEY}\b",
    rf"\b{_KEY} (?:(?:is|has|was|been|already) )*"
    r"(?:invalid|expired|missing|revoked|disabled|required|malformed|incorrect|wrong|deleted"
    r"|not (?:valid|found|provided|recognized|exist)|verification failed)",
    r"\A\W*(?:(?:error|http|401)\W+)*(?:unauthori[sz]ed|unauthenticated|not authenticated)"
    r"(?: (?:access|request|user))?\W*\Z",
    r"\bnot (?:logged|signed) ?in\b|\b(?:please|must|need to) (?:log|sign) ?in\b",
    r"\blogin (?:is )?(?:required|expired)\b|\bsession (?:has )?expired\b",
    r"\b(?:authentication|authorization) (?:(?:is|has) )?(?:failed|required|error)\b",
    r"(?:token|api ?key|令牌|密[钥鑰]|[凭憑][证證]|登[录錄陆入])\s*(?:已|已经|信息|校验|验证|\s)*"
    r"(?:[无無]效|[过過]期|失效|[错錯][误誤]|不正[确確]|不存在|缺失|失[败敗])",
    r"(?:[无無]效|非法|[错錯][误誤]|[过過]期|缺少)的?\s*(?:token|api ?key|令牌|密[钥鑰])",
    r"[未没]登[录錄陆入]|[请請]先?(?:重新)?登[录錄陆入]|身份[验驗][证證]失[败敗]",
    r"(?:身份|用[户戶])?(?:[认認][证證]|鉴权)失[败敗]|\A\W*未(?:授[权權]|[认認][证證])\W*\Z",
)
# Tokens of other things, which concern one request: "webhook_token is invalid", "invalid token count".
_OTHER_TOKEN = _words(
    r"(?:webhook|turnstile|captcha|csrf|upload|page|cursor|push|device|verify) ?token",
    r"token (?:count|limit|length|size|number|position|at |near |in (?:json|prompt|body|text))",
)

_FREE_PLAN = _words(
    r"\bfree (?:users?|plans?|accounts?|tiers?|members?|trial)\b|\b(?:plan|tier|account) is free\b",
    r"免[费費](?:用[户戶]|版|账[户号]|帳[戶號]|套餐|[会會][员員])",
)
_API = _words(r"(?<![a-z])API(?![a-z])", "接口")
_PLAN = _words(
    r"\b(?:plans?|subscri\w+|upgrad\w+|paid|vip|members?|membership|premium|tier)\b",
    r"套餐|[会會][员員]|升[级級]|[订訂][阅閱]|付[费費]",
)
_REFUSED = _words(
    r"\b(?:not?|only|requires?|required|needs?|must|upgrade|unavailable|denied|cannot|without|subscribe)\b",
    r"n't\b|[无無]法|不|[仅僅]|需|[请請]|未",
)
# Limits of one kind of request, although a plan is mentioned.
_LIMIT = _words(
    r"\b(?:quota|exceed\w*|limit (?:is )?reached|rate limit|too many|maximum|concurren\w+)\b",
    r"配[额額]|上限|超[过過出]|[频頻]繁",
)

_COINS = r"(?:coins?|credits?|balance|diamonds?|funds)\b"
_COINS_ZH = r"(?:[余餘][额額]|[积積]分|金[币幣]|[点點][数數]|[钻鑽]石|算力)"
_NO_COINS = _words(
    r"(?:insufficient|not enough|n't have enough|\black(?:s|ing)?(?: of)?|\bshort of|\bout of|\btoo few|\blow"
    rf"|\bexceeds?) (?:\w{{1,12}} ){{0,2}}{_COINS}",
    # A list without records may say "no credit history".
    r"\bno (?:more |remaining )?(?:coins|credits|balance|funds)\b(?! (?:history|record|transaction|found))",
    rf"\b{_COINS}(?: (?:is|are|has|have|been))*(?: too)? "
    r"(?:not enough|insufficient|low|exhausted|used up|depleted|empty|run out)\b",
    r"\b(?:needs?|requires?) \d+ (?:more )?(?:coins|credits)\b",
    r"\bpayment required\b|\bplease (?:recharge|top ?up)\b|[请請]先?充值",
    rf"{_COINS_ZH}(?:已|[余餘][额額])*(?:不足|不[够夠]|用完|耗尽|用尽)|[没沒]有足[够夠]的{_COINS_ZH}",
)


_LONGEST = 500  # characters of an explanation


def account_error(code: Any, words: str, *, whole: bool = False) -> type[APIError] | None:
    """Return the class of error if the words say that the account cannot be used; None otherwise.

    Args:
        code: the code in the body; it counts if it is a word.
        words: the service's explanation.
        whole: only if they say nothing else, for texts that may be a result.
    """
    if whole and len(words) > _LONGEST:
        return None
    if whole and not _says(rf"\A(?:{_BAD_TOKEN}|{_NO_COINS})[ .!。！]*\Z", words.lstrip()):  # noqa: RUF001 - the punctuation of Chinese replies
        return None

    for text in (code, words) if isinstance(code, str) else (words,):
        plain = text.replace("_", " ").replace("-", " ")
        if _says(_BAD_TOKEN, plain) and not _says(_OTHER_TOKEN, plain):
            return AuthenticationError
        if _is_about_plan(plain):
            return PlanRequired
        if _says(_NO_COINS, plain):
            return InsufficientCredits
    return None


def _is_about_plan(text: str) -> bool:
    if not (_says(_FREE_PLAN, text) or (_says(_API, text) and _says(_PLAN, text))):
        return False
    return _says(_REFUSED, text) and not _says(_LIMIT, text)
