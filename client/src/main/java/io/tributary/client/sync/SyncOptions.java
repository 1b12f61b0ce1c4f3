package io.tributary.client.sync;

import io.tributary.core.session.ClientSession;

/**
 * How to sync with one remote.
 *
 * @param preset which kind of hub it is
 * @param unencrypted whether entries travel in the clear
 * @param session the limits of a connection
 * @param helloTimeoutMs how long to wait for a hub's hello, milliseconds
 * @param batchEntries entries in one write in the clear, at least 1
 * @param batchBytes bytes in one write in the clear; a single entry may be larger
 * @param loadedEntries entries loaded from the journal and waiting for their turn, at least 1
 * @param loadedBytes bytes of those
 * @param undeliveredBytes bytes received that the event log has not taken; beyond, the connection is
 *     not read
 * @param sliceEntries entries handed to the event log at once
 * @param sliceBytes bytes of those; a single entry may be larger
 */
public record SyncOptions(
    Preset preset,
    boolean unencrypted,
    ClientSession.Options session,
    long helloTimeoutMs,
    int batchEntries,
    long batchBytes,
    int loadedEntries,
    long loadedBytes,
    long undeliveredBytes,
    int sliceEntries,
    long sliceBytes) {
  /** Checks the ranges. */
  public SyncOptions {
    if (helloTimeoutMs < 1
        || batchEntries < 1
        || batchBytes < 1
        || loadedEntries < 1
        || loadedBytes < 1
        || undeliveredBytes < 1
        || sliceEntries < 1
        || sliceBytes < 1) {
      throw new IllegalArgumentException("limits are at least 1");
    }
  }

  /**
   * The usual limits.
   *
   * @param unencrypted whether entries travel in the clear
   * @param disablePing whether not to ping; hubs of {@link Preset#CLOUDFLARE} are never pinged
   */
  public static SyncOptions of(Preset preset, boolean unencrypted, boolean disablePing) {
    ClientSession.Options usual = ClientSession.Options.DEFAULT;
    boolean pings = !disablePing && preset != Preset.CLOUDFLARE;
    return new SyncOptions(
        preset,
        unencrypted,
        new ClientSession.Options(
            usual.window(),
            usual.windowBytes(),
            pings ? usual.pingIntervalMs() : 0,
            usual.maxAssemblyBytes()),
        10_000,
        256,
        1 << 20,
        256,
        4 << 20,
        8 << 20,
        256,
        4 << 20);
  }
}
