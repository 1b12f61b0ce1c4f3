package io.tributary.storage.redis;

import io.tributary.core.model.DataSetId;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows of the data set, so that every call can have the server compare: whose data it
 * is, and how many commits it has at least. Thread-safe.
 */
final class DataSet {
  private @Nullable DataSetId id;
  private String run = "";
  private long commits;
  private int reseeding;

  /** Before the first connection there is none. */
  synchronized @Nullable DataSetId id() {
    return id;
  }

  synchronized String idText() {
    return id == null ? "" : id.toString();
  }

  /** The server process that this node has entered last. */
  synchronized String run() {
    return run;
  }

  /** As many as were confirmed to this node: the server has at least these, or has gone back. */
  synchronized long commits() {
    return commits;
  }

  synchronized void entered(DataSetId id, String run) {
    this.id = id;
    this.run = run;
  }

  /** After the reply to a write. */
  synchronized void confirmed(long commits) {
    this.commits = Math.max(this.commits, commits);
  }

  /** Another identity is on its way: what this node sends meanwhile may come after it. */
  synchronized void reseeding(boolean begins) {
    reseeding += begins ? 1 : -1;
  }

  synchronized boolean isReseeding() {
    return reseeding > 0;
  }

  /** What was before does not count any more. */
  synchronized void reseeded(DataSetId id, String run, long commits) {
    this.id = id;
    this.run = run;
    this.commits = commits;
  }
}
