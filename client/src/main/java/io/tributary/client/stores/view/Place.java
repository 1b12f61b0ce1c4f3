package io.tributary.client.stores.view;

import io.tributary.client.audit.AuditSink;
import java.time.InstantSource;

/**
 * Where a store lives.
 *
 * @param space keeps what it shows; its own
 * @param clock tells the time
 * @param audit is told what it lets go of, and of messages that share a sequence
 */
public record Place(Space space, InstantSource clock, AuditSink audit) {}
