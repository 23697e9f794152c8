/* command.h: runs the built command, as a user's shell does. */
#ifndef TESTS_SUPPORT_COMMAND_H
#define TESTS_SUPPORT_COMMAND_H

/* `touchstone WORDS` in a shell; the exit code (128 + n after signal n). What it printed, on both
 * streams, is in command_said until the next call. The command is $TOUCHSTONE, or build/touchstone. */
int command(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern char command_said[1 << 16];

/* Fails the test unless the last command printed that. */
void command_must_say(const char *text);
void command_must_not_say(const char *text);

/* A folder of the test's own, made at the first call and removed when the program ends. */
const char *command_folder(void);

#endif
