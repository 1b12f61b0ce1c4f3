package io.tributary.client.sync;

import java.util.Locale;

/** Which kind of hub a remote is: what may be relied on beyond the protocol. */
public enum Preset {
  /** A Tributary hub: acks come in feed order, a backlog has an end, duplicates are no error. */
  TRIBUTARY(1, 0),
  /** The reference server of the npm package: numbers from 0 in memory, closes on what it has already. */
  BUN(0, 1_000),
  /** The reference server as a Cloudflare Durable Object: answers no pings either. */
  CLOUDFLARE(0, 1_000);

  /** The first sequence to ask for when nothing is known. */
  final long first;

  /** How long no changes must have come before something is sent, milliseconds. */
  final long quietMs;

  Preset(long first, long quietMs) {
    this.first = first;
    this.quietMs = quietMs;
  }

  /** The name in configuration. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
