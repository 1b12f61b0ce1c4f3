package io.tributary.client.eventlog;

import io.tributary.core.model.RemoteId;

/**
 * One store of a remote, as a journal keeps its progress.
 *
 * @param remote whose
 * @param store its name in the progress
 */
public record RemoteStore(RemoteId remote, String store) {}
