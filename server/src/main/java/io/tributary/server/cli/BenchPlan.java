package io.tributary.server.cli;

import io.tributary.core.session.RemoteUrl;
import org.jspecify.annotations.Nullable;

/**
 * What to run.
 *
 * @param token for the upgrade; null = none
 * @param writers connections that write; at least 1 unless {@code idle} is positive
 * @param shared whether all writers use one identity
 * @param batch entries per write, at least 1
 * @param payload bytes of ciphertext per entry, at least {@link BenchTemplate#STAMP_BYTES}
 * @param window writes in flight per writer, at least 1
 * @param subscribers connections that only read
 * @param backlog entries for one joiner to read; 0 = no joiner
 * @param identity whose backlog to read; null = a fresh one, written first
 * @param idle connections to hold; 0 = none
 * @param seconds how long to measure, or to hold idle connections
 * @param entries how many to write instead; 0 = as many as go in {@code seconds}
 * @param warmup seconds before measuring
 * @param threads event loops
 */
record BenchPlan(
    RemoteUrl url,
    @Nullable String token,
    int writers,
    boolean shared,
    int batch,
    int payload,
    int window,
    int subscribers,
    long backlog,
    @Nullable String identity,
    int idle,
    int seconds,
    long entries,
    int warmup,
    int threads) {}
