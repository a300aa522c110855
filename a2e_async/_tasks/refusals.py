"""The words by which the service refuses: content, rights, likeness, age. No I/O.

The list has one home, so that every part of the package reads a refusal alike: the reply to a start, the
record of a failed task, and a run that decides whether to start a job again.
"""

from __future__ import annotations

import functools
import re

__all__ = ["is_final_refusal", "refuses"]

_FINAL_CODES = frozenset({"1003", "1004"})  # a minor, or a suspected one

_FINAL_ENGLISH = (
    r"nsfw|nfsw|not safe for work"
    r"|copyright|trademark|intellectual propert|infring"
    r"|portrait[ _-]?right|right(s)? of (portrait|publicity|likeness)|likeness"
    r"|celebrit|public[ _-]figure|famous (person|people)|politician|political figure|real[ _-](person|people)"
    r"|moderat(ion|ed)|content (polic|filter|safety|check|review)"
    r"|safety (polic|filter|system|check|guideline)"
    r"|(usage|community|acceptable use|platform) (polic|guideline|rule|standard)|terms of (service|use)"
    r"|(?<!key )(?<!constraint )(?<!unique )violat|prohibited|inappropriate|objectionable|offensive"
    r"|(?<!case.)sensitive"
    r"|nud(e\b|ity)|sexual|porn|erotic|explicit content|adult content|gore\b|child abuse"
    r"|underage|under[ _-]age|\bminors\b"
    r"|(suspected|detected|possible|potential|real|involving|contains a|shows a)[ _]minors?\b"
    r"|\bminor([ _]is|[ _]was)?[ _](detected|suspected|found)|^minor$"
    r"|deep[ -]?fake|impersonat"
)
_FINAL_CHINESE = (
    r"版权|版權|著作权|著作權|侵权|侵權|商标|商標|知识产权|知識產權"
    r"|肖像|名人|明星|公众人物|公眾人物|政治人物|真人"
    r"|审核|審核|审查|審查|违规|違規|违禁|違禁|违法|違法|违反|違反|不合规|不合規|内容安全|內容安全"
    r"|敏感|色情|涉黄|涉黃|涉政|鉴黄|鑑黃|裸露|裸体|裸體|不雅|低俗|暴力|血腥|淫秽|淫穢|成人内容|成人內容"
    r"|未成年"
)
_FINAL = re.compile(f"{_FINAL_ENGLISH}|{_FINAL_CHINESE}", re.IGNORECASE)

# Words beside those above that say that nothing has been decided, or that it was decided well.
_UNDECIDED = re.compile(
    r"time[ds]?[ -]?out|unavailable|overload|\bbusy\b|try again later|temporar|in progress|pending|queued?\b"
    r"|under review|being reviewed|passed|approved|\bno (nsfw|violation|copyright)"
    r"|超时|超時|不可用|繁忙|稍后|稍後|审核中|審核中|排队|排隊|(?<![未不没沒])通过|(?<![未不没沒])通過",
    re.IGNORECASE,
)

_REFUSED = re.compile(
    r"refus|reject|denied|deny|declin|disallow|forbid"
    r"|not[ -](allowed|permitted|supported|accepted|authorized)"
    r"|unauthorized|unsupported|\bblocked|\bbanned|invalid|is required|are required|missing"
    r"|insufficient|not enough|exceed|too (large|long|many|short|small|big)|limit reached|quota"
    r"|拒绝|拒絕|不允许|不允許|禁止|不支持|不足|无效|無效|无权|無權|超出|超过|超過|参数错误|參數錯誤|缺少",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"success|(?<!not )(?<!not been )\bcreated|submitted|(?<!not )\baccepted|\bstarted|queued|processing"
    r"|成功|已提交|已创建|已創建|处理中|處理中",
    re.IGNORECASE,
)
_NOT_MADE = re.compile(
    r"un-?success|not (been )?(success|created|made|started)"
    r"|\bno tasks? (was|were|has been|have been|made|created)"
    r"|(不|未|没有|沒有)(成功|创建|創建)",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=512)
def is_final_refusal(text: str, code: str | int | None = None) -> bool:
    """Whether a refusal is for content, rights, likeness or age, so that another start would end the same.

    Args:
        text: what the service said: a message, a reason, a status.
        code: the code beside it, if any.
    """
    if str(code) in _FINAL_CODES:
        return True
    if _FINAL.search(text) is None and (not isinstance(code, str) or _FINAL.search(code) is None):
        return False
    return _UNDECIDED.search(text) is None


def refuses(text: str) -> bool:
    """Whether the words of a reply without a task say that none was made.

    Words that only report a failure do not: the task may have been made all the same.
    """
    if is_final_refusal(text):
        return True
    if _UNDECIDED.search(text):
        return False
    return _NOT_MADE.search(text) is not None or (
        _REFUSED.search(text) is not None and _MADE.search(text) is None
    )
