/**
 * The deterministic simulator: replicas and a hub, made of the same state machines as the real ones, on
 * one thread, with virtual time, a network that delays and cuts, and storage that crashes.
 */
package io.tributary.client.simulation;
