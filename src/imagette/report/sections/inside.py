"""What the network looks at: the filters of its first layer, and where its layers are active."""

from imagette.report.blocks import Block, Drawing, Section, Text
from imagette.report.language import Language


def inside(
    say: Language, filters: Drawing | None, masks: Drawing | None, missing: str | None
) -> Section:
    """Whatever there is of the two figures; `missing` says why there is not all."""
    blocks: list[Block] = [drawing for drawing in (masks, filters) if drawing]
    if missing:
        blocks.append(Text(say("inside.missing", why=missing), "missing"))
    return Section("inside", say("inside.title"), tuple(blocks))
