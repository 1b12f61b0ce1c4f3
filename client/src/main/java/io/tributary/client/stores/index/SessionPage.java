package io.tributary.client.stores.index;

import java.util.List;
import java.util.Optional;

/**
 * Some sessions.
 *
 * @param items in the order that was asked for
 * @param next where to go on; empty at the end
 */
public record SessionPage(List<SessionMeta> items, Optional<SessionCursor> next) {}
