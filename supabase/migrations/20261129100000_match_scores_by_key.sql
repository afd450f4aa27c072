-- A generation is new every night and unknown to the statistics until they are made anew: planned for as a handful
-- of rows, it was read whole wherever a member's list was meant. A list is found by its member.
drop index private.match_scores_generation_idx;
