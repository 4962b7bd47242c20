"""Text of the page, in English and in Chinese."""

from __future__ import annotations

from secondhalf.model.data_files import names

Said = dict[str, str]
"""A text by language."""
LANGUAGES = ("en", "zh")
LONGEST_TEXT, MOST_DIGITS = 60, 10**20
"""Most characters of a received value that a message repeats."""
SENTENCES: dict[str, tuple[str, str]] = {
    "setting_up": (
        "Setting up {users} users. The first time the stages are compiled, which takes about a minute.",
        "正在建立 {users} 名用户的市场。首次运行需编译,约一分钟。",
    ),
    "run_is_over": (
        "The run is over: {date} was its last day. Start anew to go on.",
        "运行已结束:最后一天是 {date}。请重新开始。",
    ),
    "branch_ahead": (
        "A branch goes back to an earlier day: {date} is not before {now}.",
        "分支须回到更早的一天:{date} 不早于 {now}。",
    ),
    "no_snapshots": (
        "No snapshots are kept of a market of this size, so that it cannot be run again from an earlier day.",
        "此规模的市场不保留快照,无法从更早的一天重新运行。",
    ),
    "no_market": ("There is no market to change. Start anew.", "目前没有可干预的市场。请重新开始。"),
    "no_such_platform": (
        "{platform} does not compete here; known are {known}.",
        "{platform} 不在市场中;可选:{known}。",
    ),
    "no_such_capability": (
        "There is no capability {capability}; known are {known}.",
        "没有能力 {capability};可选:{known}。",
    ),
    "closed_already": (
        "{platform} does not have {capability} open, so there is nothing to close.",
        "{platform}没有开放{capability},无可关闭。",
    ),
    "open_already": (
        "{capability} is open on {platform} already, for {share} of its users.",
        "{platform}的{capability}已经向 {share} 的用户开放。",
    ),
    "opened": ("{date}: {platform} opens {capability}.", "{date}:{platform}开放{capability}。"),
    "opened_share": (
        "{date}: {platform} opens {capability} to {share} of its users.",
        "{date}:{platform}向 {share} 的用户开放{capability}。",
    ),
    "closed": ("{date}: {platform} closes {capability}.", "{date}:{platform}关闭{capability}。"),
    "failed": (
        "The run has stopped: {reason}. Start anew, with other settings if need be.",
        "运行中断:{reason}。请重新开始,必要时修改设置。",
    ),
    "out_of_memory": (
        "{users} users do not fit into the free memory; at most {most} do.",
        "{users} 名用户超出可用内存;最多 {most}。",
    ),
    "users_range": (
        "Users: {given}; allowed are whole numbers from {least} to {most}.",
        "用户数:{given};允许 {least} 到 {most} 的整数。",
    ),
    "seed_range": (
        "Seed: {given}; allowed are whole numbers from {least} to {most}.",
        "随机种子:{given};允许 {least} 到 {most} 的整数。",
    ),
    "speed_range": (
        "Speed: {given}; allowed are numbers from {least} to {most} days a second.",
        "速度:{given};允许每秒 {least} 到 {most} 天。",
    ),
    "plan_order": (
        "day={given}: interventions of a link stand in the order of their days, none after the day {most} on which it "
        "pauses.",
        "day={given}:链接中的干预须按日期排列,且不晚于暂停日 {most}。",
    ),
    "plan_days": (
        "day={given}: the run has {most} days; a link pauses on one of them.",
        "day={given}:运行共 {most} 天,链接须在其中一天暂停。",
    ),
    "other_settings": (
        "The link was made of a market with other settings (those of its command line); its numbers differ from these.",
        "该链接来自其他设置(命令行)的市场,其数值与此处不同。",
    ),
    "story_outside": (
        "This step of the story leads to {date}; the days of this run are {first} to {last}.",
        "此步骤到 {date};本次运行为 {first} 至 {last}。",
    ),
    "unknown_request": ("The page sent an unknown request: {what}.", "页面发出了未知请求:{what}。"),
    "wrong_message": ("The page sent a value that it does not offer: {what}.", "页面发出了它不提供的内容:{what}。"),
    "not_offered": (
        "{setting}={given}: unknown choice; allowed are {known}.",
        "{setting}={given}:未知选项;可选:{known}。",
    ),
    "not_done": (
        "This could not be done: {reason}. The market is as it was.",
        "无法完成:{reason}。市场保持不变。",
    ),
}
"""What the program answers."""
CAPABILITIES: dict[str, tuple[str, str]] = {
    "short_video": ("short video", "短视频"),
    "live": ("live rooms", "直播"),
    "expert_distribution": ("expert distribution", "达人分销"),
    "storefront": ("storefront", "店铺"),
    "mall": ("mall", "商城"),
    "search": ("search", "搜索"),
    "recommendation": ("recommendation", "推荐"),
    "subsidy": ("subsidy", "补贴"),
    "external_links": ("links to rivals", "外链"),
}
CHANNELS: dict[str, tuple[str, str]] = {
    "short_video": ("short video", "短视频"),
    "live_store": ("own live", "店播"),
    "live_expert": ("expert live", "达播"),
    "mall": ("mall", "商城"),
    "search": ("search", "搜索"),
    "store": ("store", "店铺"),
}


def say(key: str, **values: str | Said) -> Said:
    """A sentence in each language; values may be texts by language themselves."""
    return {
        language: SENTENCES[key][n].format(
            **{name: value if isinstance(value, str) else value[language] for name, value in values.items()}
        )
        for n, language in enumerate(LANGUAGES)
    }


def brief(value: object) -> str:
    """A received value, shortened for a sentence."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, (list, tuple)):
        return "[…]"
    if isinstance(value, int) and abs(value) > MOST_DIGITS:
        return "> 1e20" if value > 0 else "< -1e20"
    text = " ".join(str(value).encode("utf-8", "replace").decode().split())
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def reason(error: Exception) -> str:
    """What went wrong, with the stage and the day where they are known."""
    where = "; ".join(getattr(error, "__notes__", []))
    kind = "" if type(error).__module__.startswith("secondhalf.") else f"{type(error).__name__}: "
    return " ".join(f"{where + ': ' if where else ''}{kind}{error}".split()).rstrip(".")


def named(name: str) -> Said:
    """A platform's or a capability's name as people write it; its own where none is known."""
    if name in CAPABILITIES:
        return dict(zip(LANGUAGES, CAPABILITIES[name], strict=True))
    known = names().get(name, {})
    return {"en": str(known.get("label", name)), "zh": str(known.get("label_zh", known.get("label", name)))}
