package io.tributary.client.stores.audit;

import io.tributary.core.model.EntryId;
import java.util.List;
import java.util.Optional;

/**
 * Some of what was noted. A page looks at a bounded number of entries, whatever the filter: it may have
 * fewer items than asked for, or none, and more may follow.
 *
 * @param items in the order that was asked for
 * @param next where to go on; empty at the end
 */
public record AuditPage(List<AuditEntry> items, Optional<EntryId> next) {}
