package io.tributary.client.stores.view;

import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;

/**
 * What a journaled store writes to.
 *
 * @param log its event log, with its group, on the runner of its space
 * @param journal that event log's
 * @param remover lets entries of it go
 */
public record Journaled(EventLog log, EventJournal journal, JournalTrim.Remover remover) {}
