package io.tributary.client.sync;

import java.util.Locale;

/**
 * Where the sync with a remote stands.
 *
 * <pre>
 *   STOPPED --start, syncNow--> CONNECTING --open--> AUTHENTICATING --Hello--> SYNCING --> LIVE
 *                                   ^                       |                    |          |
 *                                   +------ BACKOFF &lt;-------+--------------------+----------+
 *   any --refused, stop--> STOPPED
 * </pre>
 */
public enum RemoteState {
  /** A connection is being made. */
  CONNECTING,
  /** It is there; the hub has not said hello. */
  AUTHENTICATING,
  /** What the hub has is being fetched. */
  SYNCING,
  /** What the hub had has come; what it gets comes as it gets it. */
  LIVE,
  /** There is no connection; the next attempt comes by itself. */
  BACKOFF,
  /** There is no connection, and none is tried: not started, stopped, or the hub refused who asked. */
  STOPPED;

  /** The name in status and audit. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
