package io.tributary.storage;

import java.time.Duration;

/**
 * A granted lease.
 *
 * @param name what it is about
 * @param epoch the fencing number, from 1, which every commit made under it carries
 * @param ttl how long it holds without renewal
 */
public record Lease(String name, long epoch, Duration ttl) {}
