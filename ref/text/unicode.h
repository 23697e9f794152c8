/* unicode.h: the classes of characters that tokenizers ask for, and lower case. */
#ifndef TS_TEXT_UNICODE_H
#define TS_TEXT_UNICODE_H

#include "ref/text/runes.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

bool ts_is_letter(int32_t rune); /* \p{L}; combining marks are none */
bool ts_is_number(int32_t rune); /* \p{N} */
bool ts_is_digit(int32_t rune);  /* \p{Nd} */
bool ts_is_space(int32_t rune);  /* the property White_Space, \s of regular expressions */
bool ts_is_word(int32_t rune);   /* \w: alphabetic or mark, decimal digit, connector */

/* Category C: control, format, surrogate, private use, unassigned. */
bool ts_is_other(int32_t rune);
bool ts_is_space_separator(int32_t rune); /* category Zs */
bool ts_is_ideograph(int32_t rune); /* the blocks that BERT's tokenizer sets apart */

/* Lower case of a whole array. Both know that capital I with a dot becomes two characters. With
 * `final_sigma` a capital sigma at the end of a word becomes the final form (Unicode 3.13, as
 * Python's str.lower has it); without, each character is on its own (as tokenizers has it). */
ts_status ts_runes_lower(ts_ctx *ctx, ts_runes *r, bool final_sigma);

/* Generated (case_table.c): first and last of each range, sorted. */
typedef struct {
    int32_t first, last;
} ts_rune_range;
extern const ts_rune_range ts_cased_ranges[];
extern const int ts_cased_count;
extern const ts_rune_range ts_case_ignorable_ranges[];
extern const int ts_case_ignorable_count;

#ifdef __cplusplus
}
#endif
#endif
