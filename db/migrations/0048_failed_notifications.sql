-- migrate:up transaction:false
-- Health asks every few seconds which notifications were given up of late: at a year's size the index by age alone brought
-- a whole day's. Made while others write; an interrupted index remains, not valid, and is dropped first.
DROP INDEX CONCURRENTLY IF EXISTS notifications_failed;
CREATE INDEX CONCURRENTLY notifications_failed ON notifications (created_at) WHERE state = 'failed';
