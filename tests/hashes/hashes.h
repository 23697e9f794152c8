/* hashes.h: what comes out of every golden case, as numbers that are the same on every machine.
 *
 * A line of data/goldens/hashes.txt is a case and its hashes, one for each arithmetic:
 *
 *     modules/attention.safetensors f32=4b1d... f64=90aa... bf16=... f16=... honest=... paired=...
 *
 * f32, f64, bf16 and f16 are what `plain` and `fast` give, for any number of threads; honest and
 * paired are the two float schemes that errors are measured by. Lines before the cases hold what no
 * case does: base/ (elementary functions, conversions, random streams) and io/ (arrays as read, and
 * as written again). Hashed are the names, types, sizes and elements of all outputs, intermediates
 * and gradients, elements as numbers and not as they lie in memory; every NaN counts as the same,
 * because a processor chooses its sign and fraction. A case that must fail has the failure's name. */
#ifndef TESTS_HASHES_HASHES_H
#define TESTS_HASHES_HASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How to run: lists that end in NULL and 0. With `details`, every tensor's hash goes to stderr. */
typedef struct {
    const char *const *tables;  /* "plain", "fast": for f32, f64, bf16, f16 */
    const int *threads;
    const char *const *formats; /* columns of the line */
    bool details;
} hashes_how;

enum { HASHES_FORMATS = 6, HASHES_LINE = 2048 };
extern const char *const hashes_formats[HASHES_FORMATS + 1];

/* The lines that there are: a list of names, ordered, that ends in NULL. */
char **hashes_names(void);
void hashes_names_free(char **names);

/* The line of `name`. False, with a sentence for the line, when two runs differ among themselves, a
 * table is missing, or a file cannot be read. */
bool hashes_line(char line[HASHES_LINE], const char *name, const hashes_how *how);

/* Are all hashes of `line` those of `known`, a line of the same name? */
bool hashes_agree(const char *line, const char *known);

/* All lines whose names begin with one of `prefixes` (none: all) against the file; what differs is
 * said on stderr. The number of lines that agree, or -1. */
int hashes_against(const char *file, const char *const *prefixes, const hashes_how *how);

/* Of parts.h. */
bool hashes_is_part(const char *name);
bool hashes_part(char line[HASHES_LINE], const char *name);
extern const char *const hashes_parts[];

#endif
