from dataclasses import replace

from imagette.data.cache import write_cached
from imagette.data.prepared import prepared_in_memory
from imagette.data.whereabouts import whereabouts


def test_a_set_is_nowhere_then_on_disk_then_in_the_cache(tiny_set, tiny_folder):
    known = tiny_set()
    assert whereabouts(known) is None
    assert whereabouts(known, tiny_folder) == f"IDX files in {str(tiny_folder)!r}"
    write_cached(known.key, known.fingerprint(), prepared_in_memory(known.load(tiny_folder)))
    assert whereabouts(known) == "in the cache"
    assert whereabouts(replace(known, bundled=tiny_folder)) == "in the package"
