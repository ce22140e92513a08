/* Reads a table that came out as an Arrow stream of one batch: texts in the first column, numbers elsewhere. C99 and C++17. */
#ifndef TABLE_H
#define TABLE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bactrian.h"

typedef struct table {
    struct ArrowSchema schema;
    struct ArrowArray array;
} table;

static inline void table_stop(const char *why, const char *what) {
    fprintf(stderr, "table: %s: %s\n", why, what);
    exit(1);
}

/* Takes the stream over. */
static inline table table_read(struct ArrowArrayStream *stream) {
    table read;
    if (stream->get_schema(stream, &read.schema) || stream->get_next(stream, &read.array) || !read.array.release)
        table_stop("can't be read", "stream");
    stream->release(stream);
    return read;
}

static inline void table_free(table *read) {
    read->array.release(&read->array);
    read->schema.release(&read->schema);
}

static inline int table_knows(const struct ArrowArray *column, int64_t row) {
    const uint8_t *known = (const uint8_t *)column->buffers[0];
    row += column->offset;
    return !known || (known[row / 8] >> (row % 8) & 1);
}

/* The row whose first column is `name`; the row where it is unknown for NULL. */
static inline int64_t table_row(const table *read, const char *name) {
    const struct ArrowArray *column = read->array.children[0];
    const int32_t *ends = (const int32_t *)column->buffers[1] + column->offset;
    const char *texts = (const char *)column->buffers[2];
    int64_t row;
    if (strcmp(read->schema.children[0]->format, "u") != 0) table_stop("no texts", read->schema.children[0]->name);
    for (row = 0; row < column->length; row++) {
        const size_t length = (size_t)(ends[row + 1] - ends[row]);
        if (!table_knows(column, row)) {
            if (!name) return row;
        } else if (name && strlen(name) == length && memcmp(texts + ends[row], name, length) == 0) {
            return row;
        }
    }
    table_stop("no such row", name ? name : "unknown");
    return -1;
}

/* A number of a column, whole or not. */
static inline double table_number(const table *read, const char *name, int64_t row) {
    int64_t i;
    for (i = 0; i < read->schema.n_children; i++) {
        const struct ArrowArray *column = read->array.children[i];
        const char *format = read->schema.children[i]->format;
        if (strcmp(read->schema.children[i]->name, name) != 0) continue;
        if (!table_knows(column, row)) table_stop("unknown", name);
        if (strcmp(format, "l") == 0) return (double)((const int64_t *)column->buffers[1])[row + column->offset];
        if (strcmp(format, "g") == 0) return ((const double *)column->buffers[1])[row + column->offset];
        table_stop("no numbers", name);
    }
    table_stop("no such column", name);
    return 0.0;
}

#endif
