DROP FUNCTION answer;
DROP TABLE letters;
