/* Reads golden cases: the part of TOML that they are written in. Tables of tables, inline tables, lists,
   texts of one line or many, numbers, true and false. Stops the program at anything else. C99 and C++17. */
#ifndef CASES_H
#define CASES_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_TEXT, NODE_NUMBER, NODE_FLAG, NODE_LIST, NODE_TABLE };

/* A value; those in a list or a table follow each other. */
typedef struct node {
    int kind;
    char *name; /* its key in a table */
    char *text; /* a text, or a number as written */
    double number;
    int flag;
    struct node *first, *last, *next;
} node;

static const char *cases_at;

static inline void cases_stop(const char *why) {
    fprintf(stderr, "golden case: %s at: %.60s\n", why, cases_at);
    exit(1);
}

static inline void *cases_room(size_t size) {
    void *room = calloc(1, size);
    if (!room) cases_stop("no memory");
    return room;
}

static inline node *cases_node(int kind) {
    node *made = (node *)cases_room(sizeof(node));
    made->kind = kind;
    return made;
}

static inline void cases_add(node *parent, node *child) {
    if (parent->last) parent->last->next = child;
    else parent->first = child;
    parent->last = child;
}

/* Passes white space, line breaks and comments. */
static inline void cases_space(void) {
    for (;;) {
        while (*cases_at && strchr(" \t\r\n,", *cases_at)) cases_at++;
        if (*cases_at != '#') return;
        while (*cases_at && *cases_at != '\n') cases_at++;
    }
}

static inline int cases_word(const char *word) {
    const size_t length = strlen(word);
    if (strncmp(cases_at, word, length) != 0) return 0;
    cases_at += length;
    return 1;
}

static inline char *cases_key(void) {
    size_t length = 0;
    char *key;
    while (isalnum((unsigned char)cases_at[length]) || cases_at[length] == '_') length++;
    if (length == 0) cases_stop("expected a key");
    key = (char *)cases_room(length + 1);
    memcpy(key, cases_at, length);
    cases_at += length;
    cases_space();
    if (*cases_at++ != '=') cases_stop("expected =");
    cases_space();
    return key;
}

static inline node *cases_text(const char *quote) {
    const char *end = strstr(cases_at, quote);
    node *made = cases_node(NODE_TEXT);
    size_t length;
    if (strlen(quote) == 3 && *cases_at == '\n') cases_at++;
    if (!end) cases_stop("a text without an end");
    length = (size_t)(end - cases_at);
    if (memchr(cases_at, '\\', length)) cases_stop("escapes are not read here");
    made->text = (char *)cases_room(length + 1);
    memcpy(made->text, cases_at, length);
    cases_at = end + strlen(quote);
    return made;
}

static inline node *cases_value(void) {
    node *made;
    char *end;
    if (cases_word("\"\"\"")) return cases_text("\"\"\"");
    if (cases_word("\"")) return cases_text("\"");
    if (*cases_at == '[' || *cases_at == '{') {
        const char close = *cases_at == '[' ? ']' : '}';
        made = cases_node(close == ']' ? NODE_LIST : NODE_TABLE);
        cases_at++;
        for (cases_space(); *cases_at != close; cases_space()) {
            char *name = close == '}' ? cases_key() : NULL;
            node *child = cases_value();
            child->name = name;
            cases_add(made, child);
        }
        cases_at++;
        return made;
    }
    made = cases_node(NODE_FLAG);
    if (cases_word("true")) {
        made->flag = 1;
        return made;
    }
    if (cases_word("false")) return made;
    made->kind = NODE_NUMBER;
    made->number = strtod(cases_at, &end);
    if (end == cases_at) cases_stop("expected a value");
    made->text = (char *)cases_room((size_t)(end - cases_at) + 1);
    memcpy(made->text, cases_at, (size_t)(end - cases_at));
    cases_at = end;
    return made;
}

/* The cases of a file, in order. */
static inline node *cases_read(const char *path) {
    static char content[1 << 20];
    node *cases = cases_node(NODE_LIST), *one = NULL;
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(content, 1, sizeof content - 1, file) : 0;
    cases_at = path;
    if (length == 0 || length == sizeof content - 1) cases_stop("can't be read as a whole");
    fclose(file);
    content[length] = 0;
    cases_at = content;
    for (cases_space(); *cases_at; cases_space()) {
        if (cases_word("[[case]]")) {
            one = cases_node(NODE_TABLE);
            cases_add(cases, one);
        } else {
            char *name = cases_key();
            node *child = cases_value();
            child->name = name;
            if (!one) cases_stop("expected [[case]]");
            cases_add(one, child);
        }
    }
    return cases;
}

static inline void cases_free(node *one) {
    while (one) {
        node *next = one->next;
        cases_free(one->first);
        free(one->name);
        free(one->text);
        free(one);
        one = next;
    }
}

/* The value of a key; NULL if the table has none. */
static inline const node *get(const node *table, const char *name) {
    const node *child = table->first;
    while (child && strcmp(child->name, name) != 0) child = child->next;
    return child;
}

/* Microseconds since 1970 of "2017-04-01" or "2017-04-01T12:30:00" (proleptic Gregorian, days counted from March). */
static inline long long cases_time(const node *at) {
    int year, month, day, hour = 0, minute = 0, second = 0, shifted;
    long long days;
    if (sscanf(at->text, "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second) < 3) cases_stop(at->text);
    shifted = year - (month <= 2);
    days = 365LL * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * ((month + 9) % 12) + 2) / 5 + day - 719469;
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000000;
}

#endif
