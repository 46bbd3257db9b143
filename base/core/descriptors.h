// The file descriptors of this process: how many it may have, how many clients fit into them, and
// which errors say that this process itself ran out of them. Such a shortage says nothing about a
// peer or a disk, so neither is ever judged by it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace multiaz {

// Descriptors kept free of clients: for listeners, logs, data files, health checks, links to peers
// and to the control plane, and for refusals that are being sent.
constexpr size_t kDescriptorReserve = 128;
// No process here needs more. Some programs count up to their limit, so a limit of millions makes
// them slow.
constexpr uint64_t kDescriptorsMax = 64 << 10;

// Raises the soft limit as far as the hard one allows, up to kDescriptorsMax, and returns it. Only
// the first call of a process does anything.
uint64_t descriptor_limit();

// The soft limit with which this process began. Its children get it back, because programs that use
// select() cannot live with more. REQUIRES: descriptor_limit() was called.
uint64_t descriptor_limit_at_start();

// How many clients fit beside the reserve when each needs `descriptors_each`: at most `wanted`, at
// least one. Of a limit below twice the reserve, half is for clients.
size_t clients_within(size_t wanted, size_t descriptors_each = 1,
                      size_t reserve = kDescriptorReserve);
// The same calculation for a given limit; pure.
size_t clients_that_fit(uint64_t limit, size_t wanted, size_t descriptors_each, size_t reserve);

// Whether the error (an errno) says that this process or machine is out of descriptors, memory for
// sockets or local ports.
bool is_own_shortage(int error_number);

}  // namespace multiaz
