/* execute FOLDER CHAIN - the library from C++: handles that close themselves, statuses as exceptions. */
#include "../world.h"

#include <cstdio>
#include <memory>
#include <stdexcept>

struct closer {
    void operator()(pevm_engine *engine) const { pevm_engine_close(engine); }
    void operator()(pevm_state *state) const { pevm_state_free(state); }
};

using engine_handle = std::unique_ptr<pevm_engine, closer>;
using state_handle = std::unique_ptr<pevm_state, closer>;

static engine_handle open_engine(const char *chain)
{
    pevm_config config;
    pevm_error error;
    pevm_engine *engine;
    pevm_config_init(&config, PEVM_PRESET_THROUGHPUT);
    config.chain = chain;
    if (pevm_engine_open(&engine, &config, &error) != PEVM_OK) throw std::runtime_error(error.text);
    return engine_handle(engine);
}

static const pevm_outcome &execute(const engine_handle &engine, pevm_bytes block, const state_handle &state)
{
    pevm_input input;
    pevm_error error;
    const pevm_outcome *outcome;
    pevm_input_init(&input);
    input.block = block;
    input.state = state.get();
    if (pevm_engine_execute(engine.get(), &outcome, &input, &error) != PEVM_OK)
        throw std::runtime_error(error.text);
    if (!outcome->is_valid) throw std::runtime_error(outcome->fault_text);
    return *outcome;
}

int main(int argc, char **argv)
{
    if (argc != 3) return std::fprintf(stderr, "usage: execute FOLDER CHAIN\n"), 2;
    try {
        struct world world;
        world_read(&world, argv[1]);
        state_handle state(world_state(&world));
        engine_handle engine = open_engine(argv[2]);
        const pevm_outcome &outcome = execute(engine, world.block, state);
        std::printf("%zu receipts, %llu gas, state root %s\n",
                    outcome.receipt_count,
                    static_cast<unsigned long long>(outcome.gas_used),
                    hash_text(&outcome.state_root));
        world_free(&world);
    } catch (const std::exception &error) {
        return std::fprintf(stderr, "%s\n", error.what()), 1;
    }
    return 0;
}
