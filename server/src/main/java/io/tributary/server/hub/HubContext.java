package io.tributary.server.hub;

import io.tributary.core.session.HubSession;
import io.tributary.server.access.Handshake;
import io.tributary.server.access.Tokens;
import io.tributary.server.config.HubConfig;
import io.tributary.server.http.Readiness;
import io.tributary.server.metrics.HubMetrics;
import io.tributary.server.runtime.Admission;
import io.tributary.server.runtime.Compactions;
import io.tributary.storage.Storage;
import java.time.InstantSource;

/** What the verticles of one hub share. All parts are thread-safe. */
record HubContext(
    HubConfig config,
    Topology topology,
    Storage storage,
    HubSession.Budgets budgets,
    ConnectionLimits connections,
    Tokens tokens,
    Handshake handshake,
    Admission admission,
    Compactions compactions,
    HubMetrics metrics,
    Readiness readiness,
    InstantSource clock) {}
