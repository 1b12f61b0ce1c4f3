package io.tributary.client.stores.audit;

import io.tributary.client.audit.AuditEvent;
import io.tributary.core.model.EntryId;

/**
 * Something that was noted.
 *
 * @param id unique, and later for later ones; when, by {@link EntryId#millis()}
 * @param event what
 */
public record AuditEntry(EntryId id, AuditEvent event) {}
