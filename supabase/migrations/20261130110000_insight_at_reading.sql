-- The sentence about a match was stored in the first language of both, which told each the other's. It follows from
-- the labels, so it is made for each reader when it is read.

alter table public.matches drop column insight;
