/*
 * JSON as counts are written: one object a line, text made clean, numbers that say no less than they know. Memory is
 * fpprof's own, which does not run out without ending the program: so nothing here fails.
 */
#ifndef FPPROF_SRC_STAT_JSON_LINE_H
#define FPPROF_SRC_STAT_JSON_LINE_H

#include <jansson.h>

#include "base/buf.h"

json_t *stat_json_object(void);
json_t *stat_json_text(const char *text);   /* NULL is null */
json_t *stat_json_number(double value);     /* a whole number has no ".0"; what is no number is null */

/* Takes the object. */
void stat_json_line(json_t *object, struct buf *out);

#endif
