/* Contracts from strangers: never a crash; what is accepted can be put into a book. */
#include "guard/book.h"
#include "guard/facts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct err err = {0};
    struct contract contract = {0};

    if (!ready)
        json_init();
    ready = true;
    json_t *root = json_parse_yaml((const char *)data, size, "fuzz", &err);
    if (!root)
        return 0;
    struct arena *arena = arena_new(256);
    struct json_at at = json_root(root, "fuzz", arena);
    at.text = (const char *)data;
    at.text_len = size;
    if (contract_parse(&at, CONTRACT_ALONE, &contract, &err) &&
        contract_check_together(&contract, 1, "fuzz", &err)) {
        struct book *book = book_new();

        if (book_declare(book, &contract, &err))
            book_seal(book);
        book_free(book);
        json_t *said = contract_write(&contract);
        struct json_at again = json_root(said, "again", arena);
        struct contract same = {0};
        if (!contract_parse(&again, CONTRACT_ALONE, &same, &err) ||
            contract_digest(&same) != contract_digest(&contract))
            abort();
        json_decref(said);
    }
    arena_free(arena);
    json_decref(root);
    return 0;
}
