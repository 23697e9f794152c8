/* answers.h: the rows of a JSON case against the answers of a module. */
#ifndef TS_CLI_ANSWERS_H
#define TS_CLI_ANSWERS_H

#include "ref/cli/case.h"
#include "ref/cli/report.h"

/* `answer` is a list of objects, one for each row, in order. Each field of an answer is compared with
 * the row's field of that name, deeply. Whole numbers, texts and booleans are exact; real numbers
 * are held to a few float roundings of the field's largest, those under "truth_..." to 1e-9; the
 * fields of glyph.* by the laws of ts_answer_law. A row whose answer has no field in common with it
 * fails, and so does a field that no row answers although the module names it among its outputs. */
ts_status ts_judge_answers(ts_ctx *ctx, ts_report *r, const ts_case *c, const json_t *answer);

/* How a number of a field may differ: by `absolute`, or by `relative` of the wanted one. */
typedef struct {
    double absolute, relative;
} ts_answer_room;
ts_answer_room ts_answer_law(const char *module, const char *field, double largest, bool whole);

#endif
