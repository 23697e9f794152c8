/* fuzz.h: what the fuzz targets share.
 *
 * A target takes any bytes, gives them to a parser as a user's file would come in, and uses whatever
 * the parser lets through. It must return: with a result, or with one sentence in the context. Memory
 * errors are the sanitizers' to find, the rest is asked for by fuzz_require. One program is built for
 * each target (main.c); tests/self/test_corpus.c calls them all with the committed inputs. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "ref/base/ctx.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET(name) int fuzz_##name(const uint8_t *data, size_t size);
#include "tests/fuzz/targets.def"
#undef TARGET

/* Writes a file of that name into the program's own folder, and gives its path (the last 16 results
 * stay valid). Names may have one subfolder. data NULL: there shall be no such file. */
const char *fuzz_file(const char *name, const uint8_t *data, size_t size);
const char *fuzz_folder(void);

/* A copy of a file of the repository in that folder, made at the first call. */
const char *fuzz_copy(const char *name, const char *from);

/* An input of several files has them one after another, with a line "%%%%" between. */
typedef struct {
    const uint8_t *data;
    size_t size;
} fuzz_piece;
fuzz_piece fuzz_next(fuzz_piece *rest);

/* The piece as the file of that name; an empty piece: there is no such file. */
const char *fuzz_piece_file(const char *name, fuzz_piece *rest);

/* Ends the program unless it holds. */
void fuzz_require(bool holds, const char *what);

/* A failure is one line of text that can be printed. Closes the context. */
void fuzz_end(ts_ctx *ctx);

/* Reads every byte of a tensor. */
void fuzz_touch(ts_tensor t);

#endif
