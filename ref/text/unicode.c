/* unicode.c: classes through utf8proc (Unicode 15), context of the final sigma through generated
 * tables. Test: tests/text/test_unicode.c. */
#include "ref/text/unicode.h"

#include <utf8proc.h>

bool ts_is_letter(int32_t rune)
{
    const utf8proc_category_t c = utf8proc_category(rune);
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool ts_is_number(int32_t rune)
{
    const utf8proc_category_t c = utf8proc_category(rune);
    return c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO;
}

bool ts_is_digit(int32_t rune)
{
    return utf8proc_category(rune) == UTF8PROC_CATEGORY_ND;
}

bool ts_is_space_separator(int32_t rune)
{
    return utf8proc_category(rune) == UTF8PROC_CATEGORY_ZS;
}

bool ts_is_space(int32_t rune)
{
    return (rune >= 9 && rune <= 13) || rune == 0x85 || rune == 0x2028 || rune == 0x2029 ||
           ts_is_space_separator(rune);
}

bool ts_is_word(int32_t rune)
{
    const utf8proc_category_t c = utf8proc_category(rune);
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_ND) ||
           c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_PC || rune == 0x200C ||
           rune == 0x200D || (rune >= 0x24B6 && rune <= 0x24E9);
}

bool ts_is_other(int32_t rune)
{
    const utf8proc_category_t c = utf8proc_category(rune);
    return c == UTF8PROC_CATEGORY_CN || c >= UTF8PROC_CATEGORY_CC;
}

bool ts_is_ideograph(int32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
           (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B820 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static bool in_ranges(int32_t rune, const ts_rune_range *ranges, int count)
{
    int low = 0, high = count;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (ranges[middle].last < rune)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ranges[low].first <= rune;
}

static bool cased(int32_t rune)
{
    return in_ranges(rune, ts_cased_ranges, ts_cased_count);
}

static bool ignorable(int32_t rune)
{
    return in_ranges(rune, ts_case_ignorable_ranges, ts_case_ignorable_count);
}

/* Condition Final_Sigma for the sigma at i: a cased character stands before it and none after it,
 * case-ignorable ones between them not counted. `before`: the last character that is not ignorable
 * in front of i (0: none), kept by the caller so that long texts do not take quadratic time. */
static bool sigma_is_final(const ts_runes *r, int64_t i, int32_t before)
{
    if (!before || !cased(before))
        return false;
    int64_t j = i + 1;
    while (j < r->count && ignorable(r->at[j]))
        j++;
    return j == r->count || !cased(r->at[j]);
}

ts_status ts_runes_lower(ts_ctx *ctx, ts_runes *r, bool final_sigma)
{
    ts_runes out = {0};
    int32_t before = 0;
    for (int64_t i = 0; i < r->count && !ctx->status; i++) {
        const int32_t c = r->at[i];
        if (c == 0x130) { /* the only character whose lower case is two */
            ts_runes_add(ctx, &out, 'i');
            ts_runes_add(ctx, &out, 0x307);
        } else if (c == 0x3A3 && final_sigma && sigma_is_final(r, i, before)) {
            ts_runes_add(ctx, &out, 0x3C2);
        } else {
            ts_runes_add(ctx, &out, utf8proc_tolower(c));
        }
        if (final_sigma && !ignorable(c))
            before = c;
    }
    ts_runes_free(r);
    *r = out;
    return ctx->status;
}
