#include "store/trie_value.h"
#include "support/test.h"

#define HASH "0xaa00000000000000000000000000000000000000000000000000000000000000"
#define ROOT "0xbb00000000000000000000000000000000000000000000000000000000000000"

static struct error error;

TEST(a_head_comes_back)
{
    struct trie_head head = {.number = 17, .hash = {{0xaa}}, .root = {{0xbb}}}, again;
    char text[TRIE_HEAD_TEXT_SIZE];
    size_t size = trie_head_write(text, &head);
    CHECK_TEXT(text, "{\"block\":17,\"hash\":\"" HASH "\",\"root\":\"" ROOT "\",\"form\":1}");
    CHECK_EQ(trie_head_read(&again, bytes_of(text, size), &error), PEVM_OK);
    CHECK(again.number == 17 && hash32_equal(&again.hash, &head.hash) &&
          hash32_equal(&again.root, &head.root));
    head.number = UINT64_MAX;
    size = trie_head_write(text, &head);
    CHECK_EQ(trie_head_read(&again, bytes_of(text, size), &error), PEVM_OK);
    CHECK_EQ(again.number, UINT64_MAX);
}

TEST(damage_is_named)
{
    static const struct {
        const char *text, *why;
        enum pevm_status status;
    } cases[] = {
        {"{\"hash\":\"" HASH "\",\"root\":\"" ROOT "\",\"form\":1}",
         "block: is missing",                                                           PEVM_CORRUPT    },
        {"{\"block\":-1,\"hash\":\"" HASH "\",\"root\":\"" ROOT "\",\"form\":1}",
         "block: is no number of at most 64 bits",                                      PEVM_CORRUPT    },
        {"{\"block\":1,\"hash\":\"0x\",\"root\":\"" ROOT "\",\"form\":1}",
         "hash: is not 0x and 64 digits",                                               PEVM_CORRUPT    },
        {"{\"block\":1,\"hash\":\"" HASH "\",\"root\":7,\"form\":1}",
         "root: is not 0x and 64 digits",                                               PEVM_CORRUPT    },
        {"{\"block\":1,\"hash\":\"" HASH "\",\"root\":\"" ROOT "\",\"form\":2}",
         "form: the tries were written in form 2, this program knows 1",                PEVM_UNSUPPORTED},
        {"{\"block\":1,\"hash\":\"" HASH "\",\"root\":\"" ROOT "\",\"form\":x}",
         NULL,                                                                          PEVM_CORRUPT    },
        {"",                                                                      NULL, PEVM_CORRUPT    },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct trie_head head;
        CHECK_EQ(trie_head_read(&head, bytes_of(cases[i].text, strlen(cases[i].text)), &error),
                 cases[i].status);
        if (cases[i].why != NULL) CHECK_TEXT(error.text, cases[i].why);
    }
}
