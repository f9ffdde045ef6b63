"""The report that goes with a copy (检测报告): what was checked while it was written, by rule, in the manner of 四性检测."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

RULES: Final = {
    "Z1": ("真实性", "固化信息有效：每个原件与归档时的 SHA-256 相同"),
    "Z9": ("真实性", "文件大小与著录一致"),
    "W1": ("完整性", "件数与总登记相符"),
    "W7": ("完整性", "著录的原件都在"),
    "K1": ("可用性", "记录正文可读，与修订号相符"),
    "A4": ("安全性", "审计日志逐行写入，到本次导出为止"),
}


@dataclass
class Report:
    """Counts of what was checked, and at most a hundred things each rule failed at."""

    checked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RULES, 0))
    failed: dict[str, list[str]] = field(default_factory=lambda: {rule: [] for rule in RULES})

    def check(self, rule: str, good: bool, where: str = "") -> None:
        """One more was checked by the rule."""
        self.checked[rule] += 1
        if not good:
            self.failed[rule].append(where)

    def to_json(self, export: str, at: datetime) -> bytes:
        """Return the report as a file of the bag."""
        lines = [
            {
                "rule": rule, "property": kind, "says": says, "checked": self.checked[rule],
                "failed": len(self.failed[rule]), "at": self.failed[rule][:100],
            }
            for rule, (kind, says) in RULES.items()
        ]  # fmt: skip
        told = {
            "version": 1,
            "export": export,
            "made": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "method": "参照 DA/T 70-2018，仅列导出时实际做过的检查",
            "lines": lines,
        }
        return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
