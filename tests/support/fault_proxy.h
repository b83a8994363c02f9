/* fault_proxy.h - a line between a client and a server, that counts, delays and breaks: a socket in a folder of its own, behind
 * which another socket is.
 *
 *     struct fault_proxy *proxy = fault_proxy_start(server.path);
 *     ... connect to fault_proxy_path(proxy) ...
 *     CHECK(fault_proxy_turns(proxy) <= 6);
 *     fault_proxy_stop(proxy);
 *
 * One thread. A turn is a change of direction from client to server: a round trip, if the client waits for replies.
 */
#pragma once

#include <stdint.h>

struct fault_proxy;

struct fault_proxy *fault_proxy_start(const char *server_path);
void fault_proxy_stop(struct fault_proxy *proxy);
const char *fault_proxy_path(const struct fault_proxy *proxy);

/* From now on everything takes so much longer, each way. */
void fault_proxy_delay(struct fault_proxy *proxy, unsigned ms);

/* Cut all connections when the server has sent so many bytes more; UINT64_MAX: never. */
void fault_proxy_cut_after(struct fault_proxy *proxy, uint64_t bytes);

/* Round trips since the last time this was asked. */
unsigned fault_proxy_turns(struct fault_proxy *proxy);
