package io.tributary.core.wire.v3;

/**
 * Any message of the v3 wire. Numbers are JavaScript numbers, hence {@code double}: ids are echoed
 * as they came, fractions and NaN included.
 */
public sealed interface Message permits ClientMessage, ServerMessage {}
