/* index.c: a hash table with open addressing.
 *
 *     place of (form, key) = the first of i, i + 1, ... that is empty or its own, i = mix(form, key)
 *
 * A forgotten place keeps its key, so that searches go on past it; it is used again by the same key,
 * and left out when the table grows. At most three quarters are in use.
 *
 * Test: tests/cache/test_index.c */
#include "ref/cache/index.h"

ts_place *ts_index_find(const ts_index *index, uint64_t form, uint64_t key)
{
    if (!index->places)
        return NULL;
    int64_t i = (int64_t)(ts_mix64(form ^ ts_mix64(key)) & (uint64_t)(index->places - 1));
    for (;; i = (i + 1) & (index->places - 1)) {
        ts_place *p = &index->place[i];
        if (p->segment == TS_PLACE_EMPTY || (p->form == form && p->record.key == key))
            return p;
    }
}

static bool grow(ts_index *index)
{
    if (index->places && 4 * (index->filled + 1) <= 3 * index->places)
        return true;
    ts_index larger = *index;
    larger.places = index->places ? 2 * index->places : 1024;
    larger.filled = 0;
    larger.place = ts_alloc_zero((size_t)larger.places, sizeof *larger.place);
    if (!larger.place)
        return false;
    for (int64_t i = 0; i < larger.places; i++)
        larger.place[i].segment = TS_PLACE_EMPTY;
    for (int64_t i = 0; i < index->places; i++) {
        const ts_place *p = &index->place[i];
        if (p->segment >= 0) {
            *ts_index_find(&larger, p->form, p->record.key) = *p;
            larger.filled++;
        }
    }
    ts_free(index->place);
    *index = larger;
    return true;
}

void ts_index_forget(ts_index *index, ts_place *place)
{
    if (place->segment < 0)
        return;
    index->entries--;
    index->bytes -= ts_record_span(&place->record);
    place->segment = TS_PLACE_FORGOTTEN;
}

bool ts_index_remember(ts_index *index, const ts_place *place)
{
    if (!grow(index))
        return false;
    ts_place *p = ts_index_find(index, place->form, place->record.key);
    index->filled += p->segment == TS_PLACE_EMPTY;
    ts_index_forget(index, p);
    *p = *place;
    index->entries++;
    index->bytes += ts_record_span(&place->record);
    return true;
}

void ts_index_free(ts_index *index)
{
    ts_free(index->place);
    *index = (ts_index){.place = NULL};
}
