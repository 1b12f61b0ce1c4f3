package io.tributary.client.audit;

/** Takes what is noted. Called on the event log's or the remote's context; must not block or throw. */
@FunctionalInterface
public interface AuditSink {
  /** Notes nothing. */
  AuditSink NONE = event -> {};

  /** Notes it. */
  void note(AuditEvent event);
}
