/* ftfy.h: ftfy.fix_text 6.3.1 but for the repair of mojibake.
 *
 * Line by line, until nothing changes any more: named and numbered character references; C1
 * controls as Windows-1252 has them; ligatures of Latin letters; half- and full-width forms; curly
 * quotes; line breaks; terminal escapes; control characters; normalization form C. References are
 * left alone from the first line on that holds a '<': the text is HTML then.
 *
 * The repair of mojibake (text that was decoded with the wrong table and encoded again) is a
 * heuristic over ten code pages; it is not done here, and texts that need it get other ids.
 * Source: ftfy 6.3.1, fix_text, fixes.py. */
#ifndef TS_TEXT_FTFY_H
#define TS_TEXT_FTFY_H

#include "ref/text/runes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In place. */
ts_status ts_ftfy(ts_ctx *ctx, ts_runes *text);

/* Generated (ftfy_table.c), sorted. Texts are UTF-8. */
typedef struct {
    const char *name, *text;
} ts_entity;
typedef struct {
    int32_t rune;
    const char *text;
} ts_replacement;
extern const ts_entity ts_entities[];
extern const int ts_entities_count;
extern const ts_replacement ts_ligatures[], ts_widths[];
extern const int ts_ligatures_count, ts_widths_count;

#ifdef __cplusplus
}
#endif
#endif
