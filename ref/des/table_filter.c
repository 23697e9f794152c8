/* table_filter.c: admission.
 *
 *     count    count + new >= threshold          exact: 12.8 / load bytes for each waiting id
 *     chance   u < p                             one draw a step (Persia: admit_probability)
 *     ratio    u < n / threshold                 n occurrences in the step (Monolith: unequal)
 *     equal    u < 1 - (1 - p)^n, (1 - p)^threshold = 0.05                  (Monolith: equal)
 *
 * u = ts_id_chance(seed, table, id, now): no generator of a thread has a say, so every rank, order and
 * repetition decides alike, and nothing is kept for ids that were refused; the clock stands for the
 * count of attempts. Whether the system of the DES paper has such a filter is not known; the rules
 * are those of the programs named, the rest is a choice. Test: tests/des/test_table_filter.c */
#include "ref/des/table_filter.h"

#include "ref/base/mathf.h"
#include "ref/des/table_id.h"

ts_status ts_id_filter_check(ts_ctx *ctx, const ts_id_filter *filter)
{
    if (ctx->status)
        return ctx->status;
    if (filter->how < TS_ADMIT_ALL || filter->how > TS_ADMIT_EQUAL)
        return ts_fail(ctx, TS_ERROR_USAGE, "admission: there is no rule %d", (int)filter->how);
    if (filter->how == TS_ADMIT_CHANCE && !(filter->probability >= 0.0 && filter->probability <= 1.0))
        return ts_fail(ctx, TS_ERROR_USAGE, "admission: the probability is %g, expected 0 to 1",
                       filter->probability);
    if (filter->how != TS_ADMIT_ALL && filter->how != TS_ADMIT_CHANCE && !filter->threshold)
        return ts_fail(ctx, TS_ERROR_USAGE, "admission: the threshold is 0, expected at least 1");
    return TS_OK;
}

double ts_id_filter_probability(const ts_id_filter *filter, uint32_t n)
{
    const double c = (double)filter->threshold;
    switch (filter->how) {
    case TS_ADMIT_CHANCE: return filter->probability;
    case TS_ADMIT_RATIO: return n < filter->threshold ? (double)n / c : 1.0;
    case TS_ADMIT_EQUAL: return 1.0 - ts_pow(0.05, (double)n / c);
    default: return 1.0;
    }
}

bool ts_id_admit(const ts_id_filter *filter, ts_id_waiting *waiting, uint32_t table, uint64_t id,
                 uint32_t times, uint32_t count, uint32_t now, bool *failed)
{
    if (filter->how == TS_ADMIT_ALL)
        return true;
    if (filter->how != TS_ADMIT_COUNT)
        return ts_id_chance(filter->seed, table, id, now) < ts_id_filter_probability(filter, times);
    const uint32_t before = ts_id_map_find(&waiting->count, id);
    if (count >= filter->threshold || before >= filter->threshold - count) {
        ts_id_map_remove(&waiting->count, id);
        return true;
    }
    if (before + count)
        *failed = !ts_id_map_put(&waiting->count, id, before + count);
    return false;
}
