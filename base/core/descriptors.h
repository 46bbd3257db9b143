// The file descriptors of this process: how many it may have, how many clients fit into them, and
// which errors say that we ourselves ran out. A shortage of ours says nothing about a peer or a
// disk, so nobody is ever judged by it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace multiaz {

// Kept free of clients: listeners, logs, data files, health checks, links to peers and to the
// control plane, refusals on their way out.
constexpr size_t kDescriptorReserve = 128;
// Nobody here uses more; a process may count up to its limit, so that a limit of millions is slow.
constexpr uint64_t kDescriptorsMax = 64 << 10;

// Raises the soft limit as far as the hard one allows, up to kDescriptorsMax, and returns it. Only
// the first call of a process does anything.
uint64_t descriptor_limit();

// The soft limit with which this process began; its children get it back, for programs that use
// select() cannot live with more. REQUIRES: descriptor_limit() was called.
uint64_t descriptor_limit_at_start();

// How many clients fit beside the reserve when each needs `descriptors_each`: `wanted` at most, one
// at least. Half of a limit below twice the reserve is for clients.
size_t clients_within(size_t wanted, size_t descriptors_each = 1,
                      size_t reserve = kDescriptorReserve);
// The same for a given limit. Pure.
size_t clients_that_fit(uint64_t limit, size_t wanted, size_t descriptors_each, size_t reserve);

// Whether the error (of errno's kind) says that this process or machine is out of descriptors,
// memory for sockets or own ports.
bool is_own_shortage(int error_number);

}  // namespace multiaz
