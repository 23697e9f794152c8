/* files.h: a folder of a test's own, and small things for tests of files. */
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/ctx.h"

/* A cmocka group setup and teardown: the folder exists between them, and goes with all in it. */
int files_setup(void **state);
int files_teardown(void **state);

/* The path of a file in that folder. The last 64 results stay valid. */
const char *files_path(const char *name);

void files_write(const char *path, const void *data, size_t bytes);
void files_write_text(const char *path, const char *text);
char *files_read(const char *path, size_t *bytes); /* free() */

/* How many entries the folder has (links, *.part files, everything). */
int files_count(void);

/* Asserts that the context has failed with this status and these words; clears it. */
void files_failed(ts_ctx *ctx, ts_status status, const char *words);

#endif
