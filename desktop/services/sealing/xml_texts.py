"""The copy for other archives' programs: a finding aid in EAD3, and packages in the manner of DA/T 48-2009 (电子文件封装包)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from desktop.services.sealing.sheet import Sheet
from sync.vault.bag import Gathered

_PLAIN = re.compile(r"[^&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]*").fullmatch
_ODD = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EAD3 = "http://ead3.archivists.org/schema/"


@lru_cache(maxsize=1024)
def _attribute(label: str) -> str:
    return quoteattr(_clean(label))


def _clean(text: str) -> str:
    """Return the text without what XML 1.0 has no place for."""
    return _ODD.sub("", text)


def _in(name: str, text: object) -> str:
    said = str(text)
    return f"<{name}>{said if _PLAIN(said) else escape(_clean(said))}</{name}>"


class FindingAid:
    """An EAD3 document that grows record by record: fonds, a series for each kind, a file for each year, an item for each record."""

    def __init__(self, office: str, fonds: str, export: str, at: datetime) -> None:
        self.text = Gathered()
        self._kind = self._year = ""
        self.text.add(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<ead xmlns="{EAD3}" audience="internal">\n<control>'
            f"{_in('recordid', export)}<filedesc><titlestmt>{_in('titleproper', office + '档案目录')}</titlestmt></filedesc>"
            f'<maintenancestatus value="derived"/><maintenanceagency>{_in("agencyname", office)}</maintenanceagency>'
            '<languagedeclaration><language langcode="chi">中文</language><script scriptcode="Hans">简体</script></languagedeclaration>'
            '<maintenancehistory><maintenanceevent><eventtype value="derived"/>'
            f'<eventdatetime standarddatetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at:%Y-%m-%d %H:%M:%S} UTC</eventdatetime>'
            '<agenttype value="machine"/><agent>Lantai</agent></maintenanceevent></maintenancehistory></control>\n'
            f'<archdesc level="fonds"><did>{_in("unitid", fonds or "-")}{_in("unittitle", office)}</did><dsc>\n'
        )

    def add(self, sheet: Sheet, places: Mapping[str, str]) -> None:
        """The record stands in the finding aid; records come in the order of kinds and years."""
        record, kind = sheet.record, sheet.kind
        if self._kind != kind.key:
            self._leave()
            self.text.add(
                f'<c level="series"><did>{_in("unitid", kind.category)}{_in("unittitle", kind.label)}</did>\n'
            )
            self._kind = kind.key
        if self._year != str(record.year):
            self.text.add("</c>\n" if self._year else "")
            self._year = str(record.year)
            self.text.add(
                f'<c level="file"><did>{_in("unittitle", f"{self._year} 年")}{_in("unitdate", self._year)}</did>\n'
            )
        said = sheet.said.get("fields", {})
        daos = "".join(
            f'<dao daotype="derived" href={quoteattr(place.removeprefix("data/"))} identifier="sha256:{sha256}"/>'
            for sha256, place in places.items()
        )
        self.text.add(
            f'<c level="item" id="r-{record.uid}"><did>{_in("unitid", record.number)}{_in("unittitle", record.title)}'
            f"{_in('unitdate', record.case_date or record.year)}"
            + (
                f"<origination><name><part>{escape(_clean(said['author']))}</part></name></origination>"
                if said.get("author")
                else ""
            )
            + (f'<daoset coverage="whole">{daos}</daoset>' if len(places) > 1 else daos)
            + "</did></c>\n"
        )

    def finish(self) -> Gathered:
        """Return the whole document."""
        self._leave()
        self.text.add("</dsc></archdesc></ead>\n")
        return self.text

    def _leave(self) -> None:
        self.text.add(("</c>" if self._year else "") + ("</c>\n" if self._kind else ""))
        self._kind = self._year = ""


def packages(sheets: Iterable[Sheet], places: Mapping[str, str], office: str, fonds: str, at: datetime) -> bytes:
    """Return the records as packages; files stand in them by name and digest, the bytes beside."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<电子文件封装包集>\n'
        + "".join(_package(one, places, office, fonds, at) for one in sheets)
        + "</电子文件封装包集>\n"
    ).encode()


def _package(sheet: Sheet, places: Mapping[str, str], office: str, fonds: str, at: datetime) -> str:
    record, said = sheet.record, sheet.said
    fields = said.get("fields", {})
    entries = "".join(
        f"<著录项 组={_attribute(label)} 名称={_attribute(one.label)}>{one.text if _PLAIN(one.text) else escape(_clean(one.text))}</著录项>"
        for label, several in sheet.groups
        for one in several
    )
    files = "".join(
        f'<文件数据 编号="{number}">{_in("格式信息", file["media"])}{_in("计算机文件名", places[file["sha256"]])}'
        f'{_in("计算机文件大小", file["size"])}{_in("页数", file["pages"])}<数字摘要 算法="SHA-256">{file["sha256"]}</数字摘要></文件数据>'
        for number, file in enumerate(sheet.files, start=1)
        if file["sha256"] in places
    )
    return (
        "<电子文件封装包><封装包格式描述>参照 DA/T 48-2009 的做法；原件不内嵌，按名称和摘要引用</封装包格式描述><版本>2009</版本>"
        f"<被签名对象>{_in('封装包类型', '修改型' if record.parents else '原始型')}{_in('封装包创建时间', f'{at:%Y-%m-%dT%H:%M:%SZ}')}"
        f"{_in('封装包创建单位', office)}<封装内容><文件实体块><文件实体>{_in('聚合层次', '件')}"
        f"<来源>{_in('全宗名称', office)}{_in('全宗号', fonds)}</来源>{_in('电子文件号', record.uid)}{_in('档号', record.number)}"
        f"<内容描述>{_in('题名', record.title)}{_in('责任者', fields.get('author', ''))}{_in('日期', record.case_date)}"
        f"{_in('密级', fields.get('security', ''))}{entries}</内容描述>"
        f"<文件标识>{_in('修订号', record.head)}{_in('门类', sheet.kind.label)}{_in('年度', record.year)}</文件标识>{files}"
        f"</文件实体></文件实体块><业务实体块><业务实体>{_in('业务行为', '归档')}{_in('行为时间', record.filed_at)}"
        f"{_in('机构人员', record.filed_by)}</业务实体></业务实体块></封装内容></被签名对象></电子文件封装包>\n"
    )
