package io.tributary.client.eventlog;

import java.util.List;
import java.util.OptionalLong;

/**
 * Some entries, in the order of insertion.
 *
 * @param items perhaps none, also when there is more
 * @param next the position to go on after; empty at the end
 */
public record EntryPage(List<LoggedEntry> items, OptionalLong next) {}
